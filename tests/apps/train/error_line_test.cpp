// The line that a failing program ends with.
#include "error_line.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <functional>
#include <new>

namespace jest::apps {
namespace {

using namespace std::string_literals;

TEST(ErrorLine, IsOneLineThatSteersNoTerminal) {
  EXPECT_EQ(printable("read Ü/語: got 'é'"), "read Ü/語: got 'é'");
  EXPECT_EQ(printable("a\nb\tc\rd"), "a b\\tc\\u{D}d");
  EXPECT_EQ(printable("\x1B[2J\x07\0"s), "\\u{1B}[2J\\u{7}\\u{0}");
  EXPECT_EQ(printable("caf\xE9\xFF"), "caf\\xE9\\xFF");
  EXPECT_EQ(printable("\u202E\u2028\uFEFF"), "\\u{202E}\\u{2028}\\u{FEFF}");
  EXPECT_EQ(printable("\xED\xA0\x80\xC0\x80"), "\\xED\\xA0\\x80\\xC0\\x80");
  EXPECT_EQ(printable("\xE8\xAA"), "\\xE8\\xAA");  // a letter cut short
}

std::string line_of(const std::function<void()>& fails) {
  try {
    fails();
  } catch (const std::exception& error) {
    return error_line(error);
  }
  return "nothing was thrown";
}

TEST(ErrorLine, HasNoStackOfLibTorch) {
  const std::string line = line_of([] { torch::ones({2, 3}).matmul(torch::ones({2, 3})); });
  EXPECT_NE(line.find("cannot be multiplied"), line.npos) << line;
  EXPECT_EQ(line.find("frame #"), line.npos) << line;
  EXPECT_LT(line.size(), 200U) << line;
}

TEST(ErrorLine, TellsThatMemoryIsShort) {
  EXPECT_EQ(line_of([] { throw std::bad_alloc(); }), "not enough memory");
  EXPECT_EQ(line_of([] { torch::empty({std::int64_t{1} << 58}, at::kFloat); }),
            "not enough memory: expected 1152921504606846976 bytes more, which the system does not "
            "give");
}

}  // namespace
}  // namespace jest::apps

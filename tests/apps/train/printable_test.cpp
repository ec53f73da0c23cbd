// The line that a failing program ends with.
#include "printable.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <functional>
#include <new>

namespace jest::apps {
namespace {

using namespace std::string_literals;

TEST(Printable, IsOneLineThatSteersNoTerminal) {
  EXPECT_EQ(printable("read Ü/語: got 'é'"), "read Ü/語: got 'é'");
  EXPECT_EQ(printable("a\nb\tc\rd"), "a b\\x09c\\x0dd");
  EXPECT_EQ(printable("\x1B[2J\x07\0"s), "\\x1b[2J\\x07\\x00");
  EXPECT_EQ(printable("caf\xE9\xFF"), "caf\\xe9\\xff");
  EXPECT_EQ(printable("\u202E\u2028\uFEFF"), "\\u{202e}\\u{2028}\\u{feff}");
  EXPECT_EQ(printable("\xED\xA0\x80\xC0\x80"), "\\xed\\xa0\\x80\\xc0\\x80");
  EXPECT_EQ(printable("\xE8\xAA"), "\\xe8\\xaa");  // a letter cut short
}

std::string line_of(const std::function<void()>& fails) {
  try {
    fails();
  } catch (const std::exception& error) {
    return failure_text(error);
  }
  return "nothing was thrown";
}

TEST(FailureText, HasNoStackOfLibTorch) {
  const std::string line = line_of([] { torch::ones({2, 3}).matmul(torch::ones({2, 3})); });
  EXPECT_NE(line.find("cannot be multiplied"), line.npos) << line;
  EXPECT_EQ(line.find("frame #"), line.npos) << line;
  EXPECT_LT(line.size(), 200U) << line;
}

TEST(FailureText, TellsThatMemoryIsShort) {
  EXPECT_EQ(line_of([] { throw std::bad_alloc(); }), "not enough memory");
  EXPECT_EQ(line_of([] { torch::empty({std::int64_t{1} << 58}, at::kFloat); }),
            "not enough memory: expected 1152921504606846976 bytes more, which the system does not "
            "give");
}

}  // namespace
}  // namespace jest::apps

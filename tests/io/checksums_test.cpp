// Checksums that files carry: of all that a safetensors file says, and of the text of a JSON
// object.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jest/io/atomic_file.hpp"
#include "jest/io/safetensors.hpp"
#include "oracle/flipped_bits.hpp"
#include "oracle/message_of.hpp"
#include "oracle/safetensors_bytes.hpp"

namespace jest {
namespace {

using oracle::message_of;
using ::testing::HasSubstr;

/// Bits of a key of eleven characters: the name of the checksum may be lost, nothing else.
constexpr int kBitsOfTheKey = 8 * 12;

std::string answer_of(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  std::string all = file.metadata().at("kind");
  for (const auto& [name, array] : file.arrays()) {
    all += name + describe(array);
    all.append(reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size());
  }
  return all;
}

TEST(ContentChecksum, FindsEveryFlippedBit) {
  const oracle::TemporaryFolder folder;
  const std::vector<float> x{1, 2, 3, 4, 5, 6};
  const std::vector<std::int64_t> ids{7, 8};
  const std::vector<NamedArray> arrays{{"x", {"F32", {3, 2}, oracle::bytes_of(x)}},
                                       {"ids", {"I64", {2}, oracle::bytes_of(ids)}},
                                       {"none", {"F32", {0, 4}, {}}}};
  const auto path = folder.file("some.safetensors");
  write_safetensors(path, arrays, with_checksum({{"kind", "small"}}, arrays));
  oracle::expect_no_bit_is_believed(
      path, "some.safetensors", [&] { return answer_of(path); }, kBitsOfTheKey);
}

TEST(ContentChecksum, IsOfMetadataNamesShapesAndBytes) {
  const std::vector<std::int64_t> values{1, 2};
  const ArrayView array{"I64", {2}, oracle::bytes_of(values)};
  const auto of = [](const Metadata& metadata, const std::vector<NamedArray>& arrays) {
    return with_checksum(metadata, arrays).at(kChecksumKey);
  };
  const std::string one = of({{"a", "b"}}, {{"x", array}, {"y", array}});
  EXPECT_EQ(of({{"a", "b"}, {kChecksumKey, "old"}}, {{"y", array}, {"x", array}}), one);
  EXPECT_NE(of({{"ab", ""}}, {{"x", array}, {"y", array}}), one);
  EXPECT_NE(of({{"a", "b"}}, {{"x", array}, {"z", array}}), one);
  EXPECT_NE(of({{"a", "b"}}, {{"x", array}, {"y", {"I64", {2, 1}, array.bytes}}}), one);
}

TEST(JsonChecksum, IsTheLastFieldAndIsOfAllBeforeIt) {
  EXPECT_EQ(with_checksum(R"({"a": 1})"), R"({"a": 1,"crc32":"e7cdeff5"})");
  EXPECT_EQ(with_checksum("{}"), R"({"crc32":"15d54739"})");
  EXPECT_EQ(with_checksum("[1]"), "[1]");
  for (const char* text : {"{\n \"a\": [1, {\"b\": \"}\"}]\n}\n", "{}"}) {
    EXPECT_NO_THROW(check_checksum(with_checksum(text) + " \n", "read"));
  }
}

TEST(JsonChecksum, IsNotAskedOfTextsWithoutOne) {
  for (const char* text : {"", "{}", R"({"crc32": "00000000"})", R"({"a":{"crc32":"00000000"}})",
                           R"("crc32":"00000000"})", "[1]"}) {
    EXPECT_NO_THROW(check_checksum(text, "read")) << text;
  }
}

TEST(JsonChecksum, OfAnotherTextIsRefused) {
  std::string text = with_checksum(R"({"loss": 1.25})");
  text[text.find('2')] = '3';
  EXPECT_THAT(message_of([&] { check_checksum(text, "read metrics.jsonl, line 3"); }),
              HasSubstr("read metrics.jsonl, line 3: expected the content of its crc32 "));
}

}  // namespace
}  // namespace jest

// Every kind of damage is refused by name, and nothing crashes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jest/io/atomic_file.hpp"
#include "jest/io/safetensors.hpp"
#include "oracle/safetensors_bytes.hpp"

namespace jest {
namespace {

using oracle::bytes_of;
using oracle::file_of;
using oracle::message_of;
using ::testing::HasSubstr;

class DamagedSafetensors : public oracle::SafetensorsTest {
 protected:
  const std::string data_ = std::string(24, 'x');

  /// A file of one F32 array x over 24 bytes of data.
  std::string x(const std::string& shape, const std::string& offsets,
                const std::string& dtype = R"("F32")") const {
    return file_of(R"({"x":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" +
                       offsets + "}}",
                   data_);
  }
};

TEST_F(DamagedSafetensors, TruncatedAnywhereIsRefused) {
  const auto path = folder_.file("some.safetensors");
  const std::vector<float> x(6);
  const std::vector<std::int64_t> ids(3);
  write_safetensors(path,
                    {{"x", {"F32", {3, 2}, bytes_of(x)}}, {"ids", {"I64", {3}, bytes_of(ids)}}},
                    {{"key", "value"}});
  const std::string content = read_file(path);
  for (std::size_t size = 0; size < content.size(); ++size) {
    SCOPED_TRACE(size);
    expect_refused(content.substr(0, size), "expected");
  }
}

TEST_F(DamagedSafetensors, WithAnyOneByteOfTheHeaderChangedIsReadOrRefusedButNeverCrashes) {
  const std::string good = file_of(
      R"({"__metadata__":{"a":"b"},"x":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})",
      data_);
  int refused = 0;
  for (std::size_t k = 0; k < good.size() - data_.size(); ++k) {
    for (const char byte : {'\0', '9', '"', '}', '[', '-', '\xff'}) {
      std::string content = good;
      content[k] = byte;
      try {
        const SafetensorsFile file = open(content);
        for (const auto& [name, array] : file.arrays()) EXPECT_LE(array.bytes.size(), 24u);
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("some.safetensors"));
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 300);
}

TEST_F(DamagedSafetensors, WithABadHeaderIsRefused) {
  const auto header = [&](const std::string& text) { return file_of(text, data_); };
  expect_refused(std::string(8, '\xff') + "{}", "header length of 18446744");
  expect_refused(std::string("\x03\0\0\0\0\0\0\0{}", 10), "header length of 3");
  expect_refused(header(""), "header");
  expect_refused(header("{"), "header");
  expect_refused(header("[1, 2]"), "no JSON object");
  expect_refused(header("null"), "no JSON object");
  expect_refused(header(R"({"x": 3})"), "header");
  expect_refused(header(R"({"__metadata__": {"a": 3}})"), "header");
  expect_refused(header(std::string(100'000, '[')), "header");
  expect_refused(header("{\"\xff\": 3}"), "header");
}

TEST_F(DamagedSafetensors, WithABadEntryIsRefused) {
  EXPECT_NO_THROW(open(x("[2,3]", "[0,24]")));
  expect_refused(x("[2,3]", "[0,24]", R"("F31")"), "F31");
  expect_refused(x("[2,3]", "[0,24]", "3"), "header");
  expect_refused(x("[2,2]", "[0,24]"), "shape needs 16");
  expect_refused(x("[2,3]", "[0,25]"), "data_offsets");
  expect_refused(x("[2,3]", "[24,0]"), "data_offsets");
  expect_refused(x("[2,3]", "[0]"), "header");
  expect_refused(x("[2,3]", "[0,24,24]"), "data_offsets");
  expect_refused(x("[2,3]", "[18446744073709551608,24]"), "data_offsets");
  expect_refused(x("[4294967296,4294967296]", "[0,0]"), "overflow");
  expect_refused(x("[18446744073709551615,2]", "[0,24]", R"("U8")"), "counts nothing");
  expect_refused(x("[-2,-3]", "[0,24]"), "header");
  expect_refused(x(R"(["2",3])", "[0,24]"), "header");
}

TEST_F(DamagedSafetensors, WithNumbersThatAreNoCountsIsRefused) {
  expect_refused(x("6", "[0,24]"), "header");
  expect_refused(x("[6.5]", "[0,24]"), "header");
  expect_refused(x("[6,true]", "[0,24]"), "header");
  expect_refused(x(R"({"rows":6})", "[0,24]"), "header");
  expect_refused(x("[6]", "[0.5,24]"), "header");
  expect_refused(x("[0,9223372036854775808]", "[0,0]"), "header");
}

TEST_F(DamagedSafetensors, WithOverlappingArraysIsRefused) {
  expect_refused(file_of(R"({"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},)"
                         R"("y":{"dtype":"F32","shape":[4],"data_offsets":[8,24]}})",
                         data_),
                 "overlap");
}

TEST_F(DamagedSafetensors, WithBytesThatNoArrayCoversIsRefused) {
  expect_refused(x("[2,3]", "[0,24]") + std::string(64, '\0'), "64 bytes behind the last array");
  expect_refused(x("[2,2]", "[8,24]"), "a hole: bytes 0 to 8");
  expect_refused(file_of("{}", data_), "24 bytes behind");
  expect_refused(file_of(R"({"x":{"dtype":"F32","shape":[6],"data_offsets":[0,24]},)"
                         R"("none":{"dtype":"U8","shape":[0],"data_offsets":[8,8]}})",
                         data_),
                 "overlap");
}

TEST_F(DamagedSafetensors, WithANameOrAFieldTwiceIsRefused) {
  const std::string entry = R"("x":{"dtype":"F32","shape":[6],"data_offsets":[0,24]})";
  expect_refused(file_of("{" + entry + "," + entry + "}", data_), "the name x twice");
  expect_refused(x("[6],\"shape\":[6]", "[0,24]"), "shape of x twice");
}

TEST_F(DamagedSafetensors, WithMoreThanJsonInItsHeaderIsRefused) {
  const std::string header = R"({"x":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}})";
  EXPECT_NO_THROW(open(file_of(" \n" + header + "\t ", data_)));
  expect_refused(file_of("\xEF\xBB\xBF" + header, data_), "begin with {");
  expect_refused(file_of(header + std::string(3, '\0'), data_), "a NUL byte at");
  expect_refused(file_of(header + std::string("\0more", 5), data_), "a NUL byte at");
  expect_refused(file_of(header + "{}", data_), "end of input");
}

TEST_F(DamagedSafetensors, IsRefusedInALineThatCanBeRead) {
  const std::string unended = "{\"" + std::string(100'000, 'x');
  EXPECT_LT(message_of([&] { open(file_of(unended, "")); }).size(), 400u);
}

TEST_F(DamagedSafetensors, ThatIsNoFileIsRefusedByName) {
  EXPECT_THAT(message_of([&] { SafetensorsFile(folder_.file("missing")); }),
              ::testing::AllOf(HasSubstr("missing"), HasSubstr("No such file")));
  std::filesystem::create_directory(folder_.file("inner"));
  EXPECT_THAT(message_of([&] { SafetensorsFile(folder_.file("inner")); }), HasSubstr("a folder"));
  expect_refused("", "0 bytes");
}

}  // namespace
}  // namespace jest

// Files of other formats are told by their first bytes, those of this project's own are not.
#include "io/foreign_format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jest/io/atomic_file.hpp"
#include "jest/io/safetensors.hpp"
#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"

namespace jest {
namespace {

using namespace std::string_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string in_two_bytes(std::string_view text, bool little_endian) {
  std::string result;
  for (const char c : text) result += little_endian ? std::string{c, '\0'} : std::string{'\0', c};
  return result;
}

std::string tar_of_a_file() {
  std::string header(512, '\0');
  return header.replace(0, 9, "table.tsv").replace(257, 5, "ustar");
}

struct Foreign {
  std::string content;
  const char* name;
  const char* how = "";
};

const std::vector<Foreign>& foreign_files() {
  static const std::vector<Foreign> files{
      {"\xFF\xFE" + in_two_bytes("id\tx\ty\n", true), "UTF-16", "iconv"},
      {"\xFE\xFF" + in_two_bytes("id\tx\ty\n", false), "big-endian", "iconv"},
      {in_two_bytes("id\tx\ty\n", true), "little-endian", "iconv"},
      {"\x88\xD8\x34\x01\x01\0\0\0\x10\0\0\0"s, "llm.c, 16 bits", "safetensors"},
      {"\xA1\xD9\x34\x01\x01\0\0\0\x10\0\0\0"s, "llm.c, 32 bits", "safetensors"},
      {in_two_bytes("id\tx\ty\n", false), "big-endian", "iconv"},
      {"\xFF\xFE\0\0i\0\0\0"s, "UTF-32", "iconv"},
      {"\x1F\x8B\x08\0\0\0\0\0\0"s, "gzip", "gunzip"},
      {"\xFD"
       "7zXZ\0\0\4"s,
       "xz", "unxz"},
      {"\x28\xB5\x2F\xFD\x24\x10\x81\0"s, "Zstandard", "unzstd"},
      {"BZh91AY&SY", "bzip2", "bunzip2"},
      {"PK\x03\x04\x14\0\0\0\0\0"s, "ZIP"},
      {"\x93NUMPY\x01\0v\0{'descr'"s, ".npy", "safetensors"},
      {"PAR1\x15\x04\x15\x10", "Parquet"},
      {tar_of_a_file(), "tar"},
      {" \n{\"id\": 1, \"x\": \"a\"}\n", "JSON"},
      {"[\n  {\n    \"id\": 1", "JSON"},
      {"\xEF\xBB\xBF<!DOCTYPE HTML>\n<title>404</title>", "HTML"},
      {"<html><head>", "HTML"},
      {"version https://git-lfs.github.com/spec/v1\noid", "Git LFS", "git lfs pull"},
      {"id\tx\ty\r1\ta\tb\r", "CR", "tr"},
  };
  return files;
}

TEST(ForeignFormat, IsNamedWithHowToConvertIt) {
  for (const Foreign& file : foreign_files()) {
    EXPECT_THAT(foreign_format(file.content), AllOf(HasSubstr(file.name), HasSubstr(file.how)));
  }
}

TEST(ForeignFormat, IsNotClaimedOfWhatReadersTake) {
  for (const std::string& content :
       {""s, "i"s, "id\tx\ty\n1\ta\tb\n"s, "id\tx\ty\r\n1\ta\tb\r\n"s,
        "\xEF\xBB\xBFid\tx\ty\n1\t{\tb\n"s, "cat\ndog\n"s, "cat\r\ndog\r\n"s, "cat\r"s, "[\n<b>\n"s,
        "@\0\0\0\0\0\0\0{\"x\":{"s, "A\r\0\0\0\0\0\0{\"x\":{"s, std::string(600, '\0')}) {
    EXPECT_THAT(foreign_format(content), IsEmpty()) << content;
  }
}

TEST(ForeignFormat, OfATableOfTensorsIsNamed) {
  const oracle::TemporaryFolder folder;
  for (const Foreign& file : foreign_files()) {
    const auto path = folder.write("table.safetensors", file.content);
    EXPECT_THAT(oracle::message_of([&] { SafetensorsFile{path}; }),
                AllOf(HasSubstr("table.safetensors: expected a safetensors file, got"),
                      HasSubstr(file.name)));
  }
}

TEST(ForeignFormat, IsNotClaimedOfATableCutShort) {
  const oracle::TemporaryFolder folder;
  const auto path = folder.write("table.safetensors", "A\1\0\0\0\0\0\0{\"x\":{\"dtype\""s);
  EXPECT_THAT(oracle::message_of([&] { SafetensorsFile{path}; }), HasSubstr("truncated"));
}

TEST(ForeignFormat, OfRawNumbersIsGuessedByTheName) {
  const oracle::TemporaryFolder folder;
  for (const char* name : {"tokens.bin", "tokens.safetensors"}) {
    const auto path = folder.file(name);
    write_file(path, std::string(64, '\x05'));
    const std::string message = oracle::message_of([&] { SafetensorsFile{path}; });
    EXPECT_EQ(message.find("raw numbers") != message.npos, path.extension() == ".bin") << message;
  }
}

}  // namespace
}  // namespace jest

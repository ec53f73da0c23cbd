// Archives of stored entries: what is read, and what damaged ones are refused with.
#include "learner/zip_archive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "oracle/message_of.hpp"

namespace jest {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// Little-endian, `width` bytes of each number.
std::string numbers(std::size_t width, std::initializer_list<std::uint64_t> values) {
  std::string bytes;
  for (const std::uint64_t value : values) {
    for (std::size_t k = 0; k < width; ++k) bytes += static_cast<char>(value >> (8 * k));
  }
  return bytes;
}

/// An archive of one entry, whose CRC-32 is off by `wrong`.
std::string archive_of(const std::string& name, const std::string& content, std::uint64_t wrong) {
  const auto* bytes = reinterpret_cast<const Bytef*>(content.data());
  const std::uint64_t crc = crc32(0, bytes, static_cast<uInt>(content.size())) + wrong;
  const std::string about =
      numbers(4, {crc, content.size(), content.size()}) + numbers(2, {name.size(), /*extra*/ 0});
  const std::string local = "PK\x03\x04" + numbers(2, {20, 0, 0, 0, 0}) + about + name + content;
  const std::string entry = "PK\x01\x02" + numbers(2, {20, 20, 0, 0, 0, 0}) + about +
                            numbers(2, {0, 0, 0}) + numbers(4, {0, 0}) + name;
  return local + entry + "PK\x05\x06" + numbers(2, {0, 0, 1, 1}) +
         numbers(4, {entry.size(), local.size()}) + numbers(2, {0});
}

TEST(ZipArchive, GivesTheBytesOfItsEntries) {
  const std::string archive = archive_of("a/b.so", "some code", 0);
  const auto entries = zip_entries(archive, "open");
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].name, "a/b.so");
  EXPECT_EQ(entries[0].content, "some code");
}

TEST(ZipArchive, IsRefusedWithALineThatCanBeReadHoweverLongItsNames) {
  const std::string archive = archive_of("a/" + std::string(60000, 'n'), "some code", 1);
  EXPECT_THAT(oracle::message_of([&] { zip_entries(archive, "open"); }),
              AllOf(HasSubstr("other bytes in a/nnn"), HasSubstr("than its CRC-32 says"),
                    SizeIs(::testing::Lt(400u))));
}

}  // namespace
}  // namespace jest

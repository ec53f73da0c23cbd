#include "io/token_layout.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "jest/core/error.hpp"

namespace jest {
namespace {

constexpr std::size_t kHeaderNumbers = 256;  // of llm.c, int32 each
constexpr std::size_t kHeaderBytes = kHeaderNumbers * 4;
constexpr std::int32_t kMagicU16 = 20240520;
constexpr std::int32_t kMagicU32 = 20240801;

std::int32_t header_number(std::span<const std::byte> bytes, std::size_t index) {
  std::int32_t number = 0;
  std::memcpy(&number, bytes.data() + 4 * index, 4);
  return number;
}

/// Raw tokens have no signature of their own, but some files have another's. Small tokens of two
/// bytes look like letters of UTF-16, and are none.
void expect_no_other_format(const FileView& file, const std::string& name) {
  const std::string foreign = file.other_format();
  if (!foreign.empty() && !foreign.starts_with("UTF-16")) {
    refuse("read " + name, kTokenFile, foreign);
  }
  const auto begin = file.bytes().first(std::min<std::size_t>(file.bytes().size(), 512));
  const bool letters = std::ranges::all_of(begin, [](std::byte one) {
    const auto byte = static_cast<unsigned char>(one);
    return (byte >= ' ' && byte < 0x7F) || (byte >= '\t' && byte <= '\r');
  });
  if (letters && !begin.empty())
    refuse("read " + name, kTokenFile, "text (tokenise it: jest-tokens)");
}

/// Of a file that begins with one of llm.c's magic numbers.
TokenLayout read_header(std::span<const std::byte> bytes, const std::string& name) {
  if (bytes.size() < kHeaderBytes) {
    refuse("read " + name, "llm.c's header of 1024 bytes", bytes.size(), " bytes");
  }
  const std::size_t width = header_number(bytes, 0) == kMagicU16 ? 2 : 4;
  const std::int32_t version = header_number(bytes, 1);
  if (version != 1 && version != 7) {
    refuse("read " + name, "version 1 or 7 of llm.c's tokens", version);
  }
  const auto count = static_cast<std::int64_t>(header_number(bytes, 2));
  const std::size_t there = (bytes.size() - kHeaderBytes) / width;
  if (count < 0 || static_cast<std::size_t>(count) != there) {
    refuse("read " + name, text("the ", count, " tokens that its header says"), there);
  }
  return {width, kHeaderBytes};
}

}  // namespace

TokenLayout token_layout(const FileView& file, const std::string& name, std::size_t raw_width) {
  const auto bytes = file.bytes();
  const std::int32_t magic = bytes.size() >= 4 ? header_number(bytes, 0) : 0;
  TokenLayout layout{.width = raw_width};
  if (magic == kMagicU16 || magic == kMagicU32) {
    layout = read_header(bytes, name);
  } else {
    expect_no_other_format(file, name);
  }
  if ((bytes.size() - layout.begin) % layout.width != 0) {
    refuse("read " + name, text("a whole number of tokens of ", layout.width, " bytes"),
           bytes.size(), " bytes");
  }
  return layout;
}

}  // namespace jest

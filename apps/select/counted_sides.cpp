#include "select/counted_sides.hpp"

#include <algorithm>

#include "jest/io/safetensors.hpp"
#include "select/text_rows.hpp"

namespace jest::apps::select {
namespace {

std::string checksum_of(const ArrayView& units, const std::vector<std::int64_t>& ends) {
  const ArrayView parts[] = {units, {"I64", {std::ssize(ends)}, std::as_bytes(std::span(ends))}};
  return checksum(parts);
}

}  // namespace

template <class Unit>
Side<Unit> read_texts(const std::filesystem::path& path) {
  TextRows texts = read_text_rows(path);
  Side<Unit> side;
  for (std::int64_t row = 0; row < texts.rows(); ++row) side.rows.add(texts.row(row));
  side.checksum = checksum_of(
      {"U8", {std::ssize(texts.bytes)}, std::as_bytes(std::span(texts.bytes))}, texts.ends);
  side.ids = std::move(texts.ids);
  return side;
}

template Side<std::uint8_t> read_texts(const std::filesystem::path&);
template Side<std::uint32_t> read_texts(const std::filesystem::path&);

Side<std::uint32_t> read_tokens(const std::filesystem::path& path, const TokenSpec& spec) {
  TokenRows tokens = read_token_rows(path, spec);
  const std::span<const std::uint32_t> all = tokens.tokens;
  Side<std::uint32_t> side;
  std::int64_t begin = 0;
  for (const std::int64_t end : tokens.ends) {
    side.rows.add_units(
        all.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
    begin = end;
  }
  side.checksum = checksum_of({"U32", {std::ssize(all)}, std::as_bytes(all)}, tokens.ends);
  side.ids = std::move(tokens.ids);
  side.alphabet = std::int64_t{std::ranges::max(all)} + 1;
  return side;
}

}  // namespace jest::apps::select

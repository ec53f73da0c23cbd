#include "select/token_rows.hpp"

#include <algorithm>
#include <cstring>

#include "io/token_layout.hpp"
#include "jest/core/error.hpp"

namespace jest::apps::select {
namespace {

template <class Token>
std::vector<std::uint32_t> tokens_of(std::span<const std::byte> bytes) {
  std::vector<Token> raw(bytes.size() / sizeof(Token));
  if (!raw.empty()) std::memcpy(raw.data(), bytes.data(), bytes.size());
  return {raw.begin(), raw.end()};
}

}  // namespace

TokenRows read_token_rows(const std::filesystem::path& path, const TokenSpec& spec) {
  const FileView file(path, kTokenFile);
  const TokenLayout layout = token_layout(file, path.string(), spec.wide ? 4 : 2);
  const auto bytes = file.bytes().subspan(layout.begin);
  const std::vector<std::uint32_t> all =
      layout.width == 2 ? tokens_of<std::uint16_t>(bytes) : tokens_of<std::uint32_t>(bytes);
  file.expect_unchanged();
  TokenRows rows;
  for (std::int64_t first = 0; first + 1 < std::ssize(all); first += spec.length) {
    const std::int64_t count = std::min(spec.length + 1, std::ssize(all) - first);
    rows.tokens.insert(rows.tokens.end(), all.begin() + first, all.begin() + first + count);
    rows.ends.push_back(std::ssize(rows.tokens));
    rows.ids.push_back(first);
  }
  if (rows.ids.empty()) refuse("read " + path.string(), "at least one row of two tokens", "none");
  return rows;
}

}  // namespace jest::apps::select

#include "prepare/docs/doc_copies.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "jest/core/error.hpp"
#include "prepare/row_id.hpp"

namespace jest::studies {
namespace {

bool is_prose(const DocRow& row) {
  constexpr std::array<std::string_view, 3> kProse{"linux", "perl", "rust"};
  return std::ranges::find(kProse, row.tag) != kProse.end();
}

/// Three places get the bytes of three others.
std::string near_copy(const std::string& bytes, std::uint64_t place, std::uint64_t id) {
  constexpr std::uint32_t kStream = 0x636f7079;
  std::string copy = bytes;
  for (std::uint32_t k = 0; k < 3; ++k) {
    const PhiloxCounter words = philox4x32_10({low_word(id), high_word(id), k, kStream},
                                              {low_word(place), high_word(place)});
    copy[words[0] % copy.size()] = bytes[words[1] % bytes.size()];
  }
  return copy;
}

}  // namespace

DocRows with_near_copies(DocRows rows, std::size_t distinct, std::uint64_t seed) {
  DocRows prose;
  std::ranges::copy_if(rows, std::back_inserter(prose), is_prose);
  if (distinct < 1 || prose.size() < distinct) {
    refuse("--copies", text("from 1 to the ", prose.size(), " rows of prose"), distinct);
  }
  const SeededOrder order{seed, Purpose::kCopies};
  const DocRows originals = first_in_order(std::move(prose), distinct, order);
  for (DocRow& row : rows) {
    if (!is_prose(row)) continue;
    const std::uint64_t place = order(row.id);
    row.bytes =
        near_copy(originals[place % distinct].bytes, place, static_cast<std::uint64_t>(row.id));
  }
  return rows;
}

}  // namespace jest::studies

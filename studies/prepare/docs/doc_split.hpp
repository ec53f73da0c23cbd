#pragma once
// Chooses the rows of every table.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "prepare/docs/doc_rows.hpp"
#include "prepare/docs/doc_sources.hpp"

namespace jest::studies {

/// What one source offers a table, and the most that is taken.
struct DocOffer {
  DocRows rows;
  DocTable table = DocTable::kPool;
  std::size_t most_rows = 0;
};

/// The rows of each table, in the order of DocTable, each in order of id. The evaluation tables are
/// chosen first, the same for every seed, and hold no bytes twice; nothing else has bytes of
/// theirs. What the seed draws is which rows of an offer are taken where there are more than
/// `most_rows`.
std::vector<DocRows> split_docs(std::vector<DocOffer> offers, std::uint64_t seed);

}  // namespace jest::studies

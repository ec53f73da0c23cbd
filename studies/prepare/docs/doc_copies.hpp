#pragma once
// A pool whose prose repeats itself: what crawls are full of.

#include <cstddef>
#include <cstdint>

#include "prepare/docs/doc_rows.hpp"

namespace jest::studies {

/// In the place of every row of prose (tags linux, perl, rust) one of `distinct` of them, with
/// three bytes changed to others of the same row: near-copies under the ids and tags that were
/// there. The same for a seed. Throws where there are fewer rows of prose.
DocRows with_near_copies(DocRows rows, std::size_t distinct, std::uint64_t seed);

}  // namespace jest::studies

#pragma once
// Splits rows of translations into a small curated set, a large pool, and an evaluation set whose
// packages are in neither.

#include <cstdint>
#include <string>

#include "prepare/translation_rows.hpp"

namespace jest::studies {

struct SplitSpec {
  std::string target;  // the language to specialise for
  double noise = 0;    // the share of the pool whose translations are exchanged, in [0, 1)
  /// Where above 0, in (0, 1): the pool is the target's rows alone, with mismatched ones added
  /// until they are this share.
  double mismatched = 0;
  std::uint64_t seed = 0;  // draws the curated rows and the noise
};

struct TranslationSplit {
  TranslationRows curated;
  TranslationRows pool;
  TranslationRows eval;
};

/// Evaluation: the target's rows of held-out stems, with enough features a side, each x once and
/// each y once. Curated: 3,000 of the target's other rows, or a tenth of all the target's rows
/// where that is less. Pool: the rest. No row outside evaluation has a held-out stem, or an x or a
/// y of the evaluation. Every part in order of id.
TranslationSplit split_translations(TranslationRows rows, const SplitSpec& spec);

}  // namespace jest::studies

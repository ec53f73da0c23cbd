#pragma once
// A look at what was picked and what was passed over, for the report.

#include <string>

#include "jest/data/text_pair_source.hpp"
#include "jest/select/selection.hpp"
#include "train/text_towers.hpp"

namespace jest {

struct SampleContext {
  std::int64_t step = 0;  ///< counted as in the other lines: steps done after this one
  TextTowers learner;
  TextTowers reference;
};

/// A "samples" line of metrics.jsonl: some pairs of each kind with their own learnability.
std::string sample_line(const TextPairBatch& super_batch, const Selection& picks,
                        SampleContext context);

}  // namespace jest

#pragma once
// Retrieval among held-out pairs: does x find its own y, and y its x?

#include "jest/core/error.hpp"
#include "jest/torch/embeddings.hpp"

namespace jest {

struct RetrievalRecall {
  double at_1 = 0;
  double at_10 = 0;
};

/// Recall among all n pairs, mean of both directions. A tie counts against the pair. O(n²·d) time
/// in tiles, O(n) memory.
JEST_EXPORT RetrievalRecall retrieval_recall(const Embeddings& pairs);

}  // namespace jest

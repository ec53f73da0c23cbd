#pragma once
// What a reference said of the pool, given in files: read, checked against the tables, calibrated.

#include <limits>
#include <optional>
#include <string>

#include "jest/data/tables.hpp"
#include "jest/learner/stores.hpp"
#include "train/cached_options.hpp"

namespace jest::apps::train {

/// What its making cost; NaN where nobody says.
struct CachedReferenceCost {
  double flops;
  double cpu_seconds;
  double joules = std::numeric_limits<double>::quiet_NaN();
};

template <class Store>
struct CachedReference {
  Store store;
  CachedReferenceCost cost;
  std::string checksum;     ///< of all that was read
  std::string fitted = {};  ///< what was said of a fitted scale and bias; empty otherwise
};

/// `curated` is what a missing scale and bias are fitted to, by the ids that the files share with
/// it, for batches of `count`. Throws, naming the option or file, where the files are unusable,
/// lack a row of the pool, or hold too few curated pairs for a fit.
CachedReference<EmbeddingStore> cached_embeddings(const CachedReferenceOptions& options,
                                                  const ExampleTable& pool,
                                                  const ExampleTable& curated, std::int64_t count);
CachedReference<LossStore> cached_losses(const CachedReferenceOptions& options,
                                         const ExampleTable& pool);

/// Of --cascade-losses, and its checksum.
CachedReference<LossStore> cascade_losses(const CachedReferenceOptions& options,
                                          const ExampleTable& pool);

}  // namespace jest::apps::train

#include "train/pairs/guide.hpp"

namespace jest::apps::train {

GuideSource::GuideSource(std::shared_ptr<const TextPairs> curated,
                         std::shared_ptr<const TextPairs> pool, const GuideSpec& spec)
    : spec_(spec), curated_(std::move(curated), {spec.count, spec.seed}), pool_(std::move(pool)) {
  if (spec.negatives > 0) negatives_.emplace(pool_, SuperBatchSpec{spec.negatives, spec.seed});
}

GuideBatch GuideSource::at(std::int64_t step) const {
  const FeatureDropout dropout{spec_.dropout, spec_.seed, step};
  const TextPairBatch negatives = negatives_ ? negatives_->at(step) : TextPairBatch({pool_, {}});
  return {curated_.at(step).with_dropout(dropout), negatives.with_dropout(dropout)};
}

}  // namespace jest::apps::train

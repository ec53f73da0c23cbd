#pragma once
// How a reference is trained: curated pairs with some features left out, and random pool pairs as
// extra negatives, so that it learns what does not belong as well as what does.

#include <memory>
#include <optional>

#include "jest/learner/objective.hpp"
#include "train/formats/text_pairs.hpp"

namespace jest::apps::train {

/// Curated pairs to be matched, and pool pairs of which no side matches any of theirs.
struct GuideBatch {
  TextPairBatch curated;
  TextPairBatch negatives;

  std::span<const std::int64_t> ids() const { return curated.ids(); }
  GuideBatch at(const std::vector<std::int64_t>& positions) const {
    return {curated.at(positions), negatives};
  }
};

/// SigLIP's loss of the curated pairs, with the negatives.
struct GuideLoss {
  template <class Model>
  at::Tensor operator()(Model& model, const GuideBatch& batch) const {
    const Embeddings curated = model->embed(batch.curated);
    if (batch.negatives.rows().size() == 0) return sigmoid_loss(curated);
    return sigmoid_loss(curated, model->embed(detail::own_part(model, batch.negatives)));
  }
};

struct GuideSpec {
  std::int64_t count = 0;      ///< curated pairs of a step
  std::int64_t negatives = 0;  ///< pool pairs of a step
  double dropout = 0;          ///< share of features left out
  std::uint64_t seed = 0;
};

/// A pure function of (spec, step).
class GuideSource {
 public:
  GuideSource(std::shared_ptr<const TextPairs> curated, std::shared_ptr<const TextPairs> pool,
              const GuideSpec& spec);

  GuideBatch at(std::int64_t step) const;

 private:
  GuideSpec spec_;
  TableSource<TextPairBatch> curated_;
  std::shared_ptr<const TextPairs> pool_;
  std::optional<TableSource<TextPairBatch>> negatives_;
};

}  // namespace jest::apps::train

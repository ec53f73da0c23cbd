#pragma once
// Scoring a cheaper view of every super-batch: a prefix of each text, a smaller image.
//
//   jest::ScoredAs scorer{joint, [](const Texts& b) { return b.prefix(48); }};
//   auto picks = scorer.select(super_batch, step);   // positions in super_batch itself
//
// Learner and a live reference see the view alone; what is trained on is whole. A stored reference
// must have been made from the same view. Sources: multi-resolution scoring is Flexi-JEST's (Evans
// et al., arXiv 2406.17711, section 3.3); a causal model's prefix needs no calibration.

#include <cstdint>
#include <utility>

#include "jest/core/error.hpp"
#include "jest/scorers/scorer.hpp"

namespace jest {

/// `View` takes a super-batch and gives one of the same type, ids and order. A scorer given as an
/// lvalue must outlive this.
template <class Inner, class View>
class ScoredAs : public ScorerWrapper<Inner> {
 public:
  ScoredAs(Inner&& scorer, View view)
      : ScorerWrapper<Inner>(std::forward<Inner>(scorer)), view_(std::move(view)) {}

  /// Throws when the view has another number of examples.
  template <Batch B>
  ScoredSelection select(const B& super_batch, std::int64_t step) {
    const B viewed = view_(super_batch);
    if (viewed.ids().size() != super_batch.ids().size()) {
      refuse("scored as", text("a view of all ", super_batch.ids().size(), " examples"),
             viewed.ids().size());
    }
    return this->inner_.select(viewed, step);
  }

 private:
  View view_;
};

template <class Inner, class View>
ScoredAs(Inner&&, View) -> ScoredAs<Inner, View>;

}  // namespace jest

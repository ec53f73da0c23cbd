#pragma once
// Scoring a cheaper view of every super-batch: a prefix of each text, a smaller image.
//
//   jest::ScoredAs scorer{joint, [](const jest::ByteBatch& b) { return b.prefix(48); }};
//   auto picks = scorer.select(super_batch, step);   // positions in super_batch itself
//
// Learner and a live reference see the view alone; what is trained on is whole. A stored reference
// must have been made from the same view. Sources: multi-resolution scoring is Flexi-JEST's (Evans
// et al., arXiv 2406.17711, section 3.3); a causal model's prefix needs no calibration.

#include <cstdint>
#include <string_view>
#include <utility>

#include "jest/core/error.hpp"
#include "jest/learner/concepts.hpp"
#include "jest/select/selection.hpp"

namespace jest {

/// Holds a reference: the scorer must outlive this. `View` takes a super-batch and gives one of the
/// same type, ids and order.
template <class Scorer, class View>
class ScoredAs {
 public:
  ScoredAs(Scorer& scorer, View view) : scorer_(scorer), view_(std::move(view)) {}

  static constexpr bool kScores = Scorer::kScores;
  std::int64_t count() const { return scorer_.count(); }
  std::uint64_t seed() const { return scorer_.seed(); }

  /// Throws when the view has another number of examples.
  template <Batch B>
  Selection select(const B& super_batch, std::uint32_t step) {
    const B viewed = view_(super_batch);
    if (viewed.ids().size() != super_batch.ids().size()) {
      refuse("scored as", text("a view of all ", super_batch.ids().size(), " examples"),
             viewed.ids().size());
    }
    return scorer_.select(viewed, step);
  }

  template <Batch B>
  std::string_view remark() const {
    return scorer_.template remark<B>();
  }

  /// Where the scorer keeps any.
  NamedTensors state() const requires KeepsState<Scorer> { return scorer_.state(); }
  void load_state(const NamedTensors& state) requires KeepsState<Scorer> {
    scorer_.load_state(state);
  }

 private:
  Scorer& scorer_;
  View view_;
};

}  // namespace jest

#pragma once
// A small proxy scores for a larger learner: trained beside it, from scratch, on the same batches.
//
//   jest::Learner proxy{small_model, small_optimizer};
//   jest::JointExampleScorer scorer{proxy, reference, {.count = 128}};
//   jest::OnlineProxy picks_for_large{scorer, proxy, learning_rate};   // give this to the Trainer
//
// What is learnable to the proxy stands for what is learnable to the learner, at the proxy's cost.
// Source: ActiveCLIP, Evans et al., arXiv 2312.05328, section 3.

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

#include "jest/core/stage_seconds.hpp"
#include "jest/learner/concepts.hpp"
#include "jest/scorers/scorer_state.hpp"
#include "jest/select/selection.hpp"

namespace jest {

/// `Rate` has `at(step)`. Holds references: scorer and proxy must outlive this. The proxy learns at
/// selections only: on steps that a schedule leaves uniform it stands still.
template <class Scorer, class Proxy, class Rate>
class OnlineProxy {
 public:
  OnlineProxy(Scorer& scorer, Proxy& proxy, Rate rate)
      : scorer_(scorer), proxy_(proxy), rate_(std::move(rate)) {}

  static constexpr bool kScores = Scorer::kScores;
  std::int64_t count() const { return scorer_.count(); }
  std::uint64_t seed() const { return scorer_.seed(); }

  /// The scorer's picks; then the proxy takes a step on them. Its time counts as learner scoring.
  template <Batch B>
  Selection select(const B& super_batch, std::uint32_t step) {
    Selection picks = scorer_.select(super_batch, step);
    double seconds = 0;
    timed(seconds, [&] {
      proxy_.set_learning_rate(rate_.at(step));
      return proxy_.step(super_batch.at(picks.indices));
    });
    picks.statistics.learner_scoring_ms += 1e3 * seconds;
    return picks;
  }

  template <Batch B>
  std::string_view remark() const {
    return scorer_.template remark<B>();
  }

  /// The proxy's, parameters and optimizer, and what the scorer remembers.
  NamedTensors state() const {
    NamedTensors tensors = proxy_.state();
    if constexpr (KeepsState<Scorer>) {
      std::ranges::move(detail::with_prefix(scorer_.state()), std::back_inserter(tensors));
    }
    return tensors;
  }
  void load_state(const NamedTensors& state) {
    proxy_.load_state(state);
    if constexpr (KeepsState<Scorer>) scorer_.load_state(detail::scorer_state_of(state));
  }

 private:
  Scorer& scorer_;
  Proxy& proxy_;
  Rate rate_;
};

}  // namespace jest

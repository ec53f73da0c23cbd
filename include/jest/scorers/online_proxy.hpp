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
#include <utility>

#include "jest/core/stage_seconds.hpp"
#include "jest/scorers/scorer.hpp"

namespace jest {

/// `Rate` has `at(step)`. The proxy must outlive this, and so must a scorer given as an lvalue. The
/// proxy learns at selections only: on steps that a schedule leaves uniform it stands still.
template <class Inner, class Proxy, class Rate>
class OnlineProxy : public ScorerWrapper<Inner> {
 public:
  OnlineProxy(Inner&& scorer, Proxy& proxy, Rate rate)
      : ScorerWrapper<Inner>(std::forward<Inner>(scorer)), proxy_(proxy), rate_(std::move(rate)) {}

  /// The scorer's picks; then the proxy takes a step on them. Its time counts as learner scoring.
  template <Batch B>
  ScoredSelection select(const B& super_batch, std::int64_t step) {
    ScoredSelection picks = this->inner_.select(super_batch, step);
    double seconds = 0;
    timed(seconds, [&] {
      proxy_.set_learning_rate(rate_.at(step));
      return proxy_.step(super_batch.at(picks.indices));
    });
    picks.scoring.learner_ms += 1e3 * seconds;
    return picks;
  }

  /// The proxy's, parameters and optimizer, and what the scorer remembers.
  NamedTensors state() const {
    NamedTensors tensors = proxy_.state();
    if constexpr (KeepsState<Inner>) {
      std::ranges::move(detail::with_prefix(this->inner_.state()), std::back_inserter(tensors));
    }
    return tensors;
  }
  void load_state(const NamedTensors& state) {
    proxy_.load_state(state);
    if constexpr (KeepsState<Inner>) this->inner_.load_state(detail::scorer_state_of(state));
  }

 private:
  Proxy& proxy_;
  Rate rate_;
};

template <class Inner, class Proxy, class Rate>
OnlineProxy(Inner&&, Proxy&, Rate) -> OnlineProxy<Inner, Proxy, Rate>;

}  // namespace jest

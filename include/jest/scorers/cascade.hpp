#pragma once
// Two stages: a large super-batch is thinned by losses that the reference gave once, and a scorer
// picks from what is left. Large filter ratios without a learner forward for every candidate.
//
//   jest::Cascade cascade{scorer, store.own_losses(), {.keep = 256}};
//   auto picks = cascade.select(super_batch, step);      // 5,120 → 256 → 128
//
// store.own_losses(Contrast::kSoftmax) where the models are trained by the softmax loss.
//
// Stage one draws B₁ ("keep") of B₀ candidates by Gumbel top-k of −gain₁·loss, easy-reference
// selection, with noise of its own; stage two is any scorer on those B₁. The law is the product of
// the two: with B₁ = B₀ the scorer's own, with B₁ = b independent easy-reference selection.
// The cascade is this library's; docs/method.md, section "Cascade".

#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "jest/core/stage_seconds.hpp"
#include "jest/criteria/separable.hpp"
#include "jest/learner/concepts.hpp"
#include "jest/learner/embedding_store.hpp"
#include "jest/select/select.hpp"

namespace jest {

struct CascadeSpec {
  std::int64_t keep = 0;  ///< B₁
  double gain = 2;        ///< of stage one; low, or the reference alone would choose
};

/// Holds a reference: the scorer must outlive the cascade.
template <class Scorer>
class Cascade {
 public:
  /// Throws unless at least as many are kept as `scorer` picks.
  Cascade(Scorer& scorer, LossStore losses, const CascadeSpec& spec)
      : scorer_(scorer), losses_(std::move(losses)), spec_(spec) {
    if (spec_.keep < scorer_.count()) {
      refuse("cascade", text("at least the ", scorer_.count(), " to be picked as keep"),
             spec_.keep);
    }
  }

  static constexpr bool kScores = true;
  std::int64_t count() const { return scorer_.count(); }
  std::uint64_t seed() const { return scorer_.seed(); }

  /// Positions in `super_batch`; statistics are the scorer's, of the B₁ that it saw, with stage
  /// one's milliseconds and NaN losses added. O(B₀) and the scorer's work.
  template <Batch B>
  Selection select(const B& super_batch, std::uint32_t step) {
    double seconds = 0;
    const Selection kept = timed(seconds, [&] { return thin(super_batch.ids(), step); });
    Selection picks = scorer_.select(super_batch.at(kept.indices), step);
    for (std::int64_t& position : picks.indices) position = kept.indices[position];
    picks.statistics.select_ms += 1e3 * seconds;
    picks.statistics.nan_count += kept.statistics.nan_count;
    return picks;
  }

  /// The scorer's, where it keeps one; stage one has none.
  NamedTensors state() const requires KeepsState<Scorer> { return scorer_.state(); }
  void load_state(const NamedTensors& state) requires KeepsState<Scorer> {
    scorer_.load_state(state);
  }

  template <Batch B>
  std::string_view remark() const {
    return scorer_.template remark<B>();
  }

 private:
  /// No other round of a step has this number, so the noise of the stages is independent.
  static constexpr std::uint32_t kRound = std::numeric_limits<std::uint32_t>::max();

  Selection thin(std::span<const std::int64_t> ids, std::uint32_t step) const {
    const at::Tensor losses = losses_.gather(ids);
    const std::span<const float> values(losses.data_ptr<float>(), ids.size());
    SeparableScores scores({.learner = {}, .reference = values}, kEasyReference);
    return jest::select(scores, {.count = spec_.keep,
                                 .preset = Preset::kIndependent,
                                 .gain = spec_.gain,
                                 .seed = scorer_.seed(),
                                 .step = step,
                                 .first_round = kRound,
                                 .ids = ids});
  }

  Scorer& scorer_;
  LossStore losses_;
  CascadeSpec spec_;
};

}  // namespace jest

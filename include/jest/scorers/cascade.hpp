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
#include <span>
#include <utility>

#include "jest/core/stage_seconds.hpp"
#include "jest/criteria/separable.hpp"
#include "jest/learner/embedding_store.hpp"
#include "jest/scorers/scorer.hpp"
#include "jest/select/select.hpp"

namespace jest {

struct CascadeSpec {
  std::int64_t keep = 0;  ///< B₁
  double gain = 2;        ///< of stage one; low, or the reference alone would choose
};

/// A scorer given as an lvalue must outlive the cascade.
template <class Inner>
class Cascade : public ScorerWrapper<Inner> {
 public:
  /// Throws unless at least as many are kept as `scorer` picks of them.
  Cascade(Inner&& scorer, LossStore losses, const CascadeSpec& spec)
      : ScorerWrapper<Inner>(std::forward<Inner>(scorer)), losses_(std::move(losses)), spec_(spec) {
    const std::int64_t picked = this->count(spec_.keep);
    if (spec_.keep < picked) {
      refuse("cascade", text("at least the ", picked, " to be picked as keep"), spec_.keep);
    }
  }

  bool scores() const { return true; }

  /// Positions in `super_batch`; statistics are the scorer's, of the B₁ that it saw, with stage
  /// one's milliseconds and NaN losses added. O(B₀) and the scorer's work.
  template <Batch B>
  ScoredSelection select(const B& super_batch, std::int64_t step) {
    if (std::ssize(std::span(super_batch.ids())) <= spec_.keep) {
      return this->inner_.select(super_batch, step);
    }
    double seconds = 0;
    const Selection kept = timed(seconds, [&] { return thin(super_batch.ids(), step); });
    ScoredSelection picks = this->inner_.select(super_batch.at(kept.indices), step);
    for (std::int64_t& position : picks.indices) {
      position = kept.indices[static_cast<std::size_t>(position)];
    }
    picks.statistics.select_ms += 1e3 * seconds;
    picks.statistics.nan_count += kept.statistics.nan_count;
    return picks;
  }

 private:
  /// No other round of a step has this number, so the noise of the stages is independent.
  static constexpr std::uint32_t kRound = std::numeric_limits<std::uint32_t>::max();

  Selection thin(std::span<const std::int64_t> ids, std::int64_t step) const {
    const at::Tensor losses = losses_.gather(ids);
    const std::span<const float> values(losses.data_ptr<float>(), ids.size());
    return jest::select(Losses{.learner = {}, .reference = values, .ids = ids},
                        {.count = spec_.keep,
                         .sampling = {.preset = Preset::kIndependent, .gain = spec_.gain},
                         .seed = this->seed(),
                         .step = step,
                         .first_round = kRound},
                        kEasyReference);
  }

  LossStore losses_;
  CascadeSpec spec_;
};

template <class Inner>
Cascade(Inner&&, LossStore, const CascadeSpec&) -> Cascade<Inner>;

}  // namespace jest

#pragma once
// Scorers that wrap another one: any of them behind one type, a cheaper view of a super-batch, a
// proxy that is trained beside a larger learner, and a first stage that thins super-batches. A
// scorer given as an lvalue must outlive its wrapper.

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "jest/core/cost.hpp"
#include "jest/core/error.hpp"
#include "jest/criteria/separable.hpp"
#include "jest/learner/stores.hpp"
#include "jest/scorers/scorer.hpp"
#include "jest/select/select.hpp"

namespace jest {

/// Any scorer behind one type, so that a method is chosen at run time and a training loop is
/// compiled once, not once a method.
///
/// Owns the scorer, or refers to it where it was given as an lvalue and then must outlive this.
/// Copies share it.
template <Batch B>
class AnyScorer {
 public:
  template <class S>
  requires(!std::same_as<std::remove_cvref_t<S>, AnyScorer>) &&
      Scorer<std::remove_reference_t<S>, B> AnyScorer(S&& scorer)  // NOLINT: converts
      : held_(std::make_shared<Holder<S>>(std::forward<S>(scorer))) {}

  ScoredSelection select(const B& super_batch, std::int64_t step) {
    return held_->select(super_batch, step);
  }
  std::int64_t count(std::int64_t candidates) const { return held_->count(candidates); }
  std::uint64_t seed() const { return held_->seed(); }
  bool scores() const { return held_->scores(); }

  /// Nothing where the scorer keeps nothing.
  NamedTensors state() const { return held_->state(); }
  void load_state(const NamedTensors& state) { held_->load_state(state); }

  /// Whether it picks in rounds that it can be asked to tell of.
  bool tells_rounds() const { return held_->tells_rounds(); }
  /// Throws where it cannot.
  void set_on_round(RoundHook hook) { held_->set_on_round(std::move(hook)); }

 private:
  struct Held {
    virtual ~Held() = default;
    virtual ScoredSelection select(const B& super_batch, std::int64_t step) = 0;
    virtual std::int64_t count(std::int64_t candidates) const = 0;
    virtual std::uint64_t seed() const = 0;
    virtual bool scores() const = 0;
    virtual NamedTensors state() = 0;
    virtual void load_state(const NamedTensors& state) = 0;
    virtual bool tells_rounds() const = 0;
    virtual void set_on_round(RoundHook hook) = 0;
  };

  template <class S>
  struct Holder final : Held {
    explicit Holder(S&& given) : scorer(std::forward<S>(given)) {}
    ScoredSelection select(const B& super_batch, std::int64_t step) override {
      return scorer.select(super_batch, step);
    }
    std::int64_t count(std::int64_t candidates) const override { return scorer.count(candidates); }
    std::uint64_t seed() const override { return scorer.seed(); }
    bool scores() const override { return scorer.scores(); }
    NamedTensors state() override {
      if constexpr (KeepsState<S>) return scorer.state();
      return {};
    }
    void load_state([[maybe_unused]] const NamedTensors& state) override {
      if constexpr (KeepsState<S>) scorer.load_state(state);
    }
    bool tells_rounds() const override {
      if constexpr (requires { scorer.tells_rounds(); }) return scorer.tells_rounds();
      return TellsRounds<S>;
    }
    void set_on_round(RoundHook hook) override {
      if constexpr (TellsRounds<S>) {
        scorer.set_on_round(std::move(hook));
      } else if (hook) {
        refuse("scorer", "one that tells of its rounds", "another");
      }
    }
    S scorer;
  };

  std::shared_ptr<Held> held_;
};

/// Scoring a cheaper view of every super-batch: a prefix of each text, a smaller image.
///
///     jest::ScoredAs scorer{joint, [](const Texts& b) { return b.prefix(48); }};
///     auto picks = scorer.select(super_batch, step);   // positions in super_batch itself
///
/// `View` takes a super-batch and gives one of the same type, ids and order. Learner and a live
/// reference see the view alone; what is trained on is whole. A stored reference must have been
/// made from the same view. Sources: multi-resolution scoring is Flexi-JEST's (Evans et al., arXiv
/// 2406.17711, section 3.3); a causal model's prefix needs no calibration.
template <class Inner, class View>
class ScoredAs : public ScorerWrapper<Inner> {
 public:
  ScoredAs(Inner&& scorer, View view)
      : ScorerWrapper<Inner>(std::forward<Inner>(scorer)), view_(std::move(view)) {}

  /// Throws when the view has another number of examples.
  template <Batch B>
  ScoredSelection select(const B& super_batch, std::int64_t step) {
    const B viewed = view_(super_batch);
    const auto examples = detail::size_of(super_batch);
    if (detail::size_of(viewed) != examples) {
      refuse("scored as", text("a view of all ", examples, " examples"), detail::size_of(viewed));
    }
    return this->inner_.select(viewed, step);
  }

 private:
  View view_;
};

template <class Inner, class View>
ScoredAs(Inner&&, View) -> ScoredAs<Inner, View>;

/// A small proxy scores for a larger learner: trained beside it, from scratch, on the same batches.
///
///     jest::Learner proxy{small_model, small_optimizer};
///     jest::JointExampleScorer scorer{proxy, reference, {.count = 128}};
///     jest::OnlineProxy picks_for_large{scorer, proxy, learning_rate};   // give this to the
///     Trainer
///
/// What is learnable to the proxy stands for what is learnable to the learner, at the proxy's cost.
/// `Rate` has `at(step)`. The proxy must outlive this. It learns at selections only: on steps that
/// a schedule leaves uniform it stands still. Source: ActiveCLIP, Evans et al., arXiv 2312.05328,
/// section 3.
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
      return proxy_.step(super_batch.at(share_of(picks.indices, super_batch)));
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
  /// The picks that the proxy of this rank is trained on.
  template <Batch B>
  std::vector<std::int64_t> share_of(const std::vector<std::int64_t>& picks, const B& batch) const {
    if constexpr (requires { proxy_.world(); }) {
      if (proxy_.world()) return own_share(picks, detail::size_of(batch), *proxy_.world());
    }
    return picks;
  }

  Proxy& proxy_;
  Rate rate_;
};

template <class Inner, class Proxy, class Rate>
OnlineProxy(Inner&&, Proxy&, Rate) -> OnlineProxy<Inner, Proxy, Rate>;

struct CascadeSpec {
  std::int64_t keep = 0;  ///< B₁
  double gain = 2;        ///< of stage one; low, or the reference alone would choose
};

/// Two stages: a large super-batch is thinned by losses that the reference gave once, and a scorer
/// picks from what is left. Large filter ratios without a learner forward for every candidate.
///
///     jest::Cascade cascade{scorer, store.own_losses(), {.keep = 256}};
///     auto picks = cascade.select(super_batch, step);      // 5,120 → 256 → 128
///
/// store.own_losses(Contrast::kSoftmax) where the models are trained by the softmax loss.
///
/// Stage one draws B₁ ("keep") of B₀ candidates by Gumbel top-k of −gain₁·loss, easy-reference
/// selection, with noise of its own; stage two is any scorer on those B₁. The law is the product of
/// the two: with B₁ = B₀ the scorer's own, with B₁ = b independent easy-reference selection.
/// The cascade is this library's; docs/method.md, section "Cascade".
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
    if (detail::size_of(super_batch) <= spec_.keep) {
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

#pragma once
// What a scorer is: anything that picks sub-batches from super-batches. Nothing is inherited from;
// Trainer takes every type that fits the concept, and AnyScorer holds any of them. The simplest one
// is the uniform baseline, at the end.

#include <concepts>
#include <cstdint>
#include <exception>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "jest/core/cost.hpp"
#include "jest/learner/concepts.hpp"
#include "jest/select/sampler.hpp"
#include "jest/select/selection.hpp"
#include "jest/torch/arrays.hpp"
#include "jest/torch/embeddings.hpp"

namespace jest {

/// What scoring the candidates of one selection took.
struct ScoringStatistics {
  double learner_ms = 0;  ///< wall time of the learner's scoring pass
  double reference_ms = 0;
  std::int64_t learner_scored = 0;    ///< candidates that went through the learner
  std::int64_t reference_scored = 0;  ///< candidates that went through a live reference
  std::string_view remark = {};       ///< what the user should know of this combination; static
};

inline constexpr const char* kFlatRemark =
    "own scores of all candidates agree against the gain: this selection cannot tell them apart (a "
    "reference whose scale and bias are not fitted, or too low a gain)";
inline constexpr const char* kStrangersRemark =
    "the reference takes many pairs that do not belong together for matches: its scale and bias do "
    "not fit its embeddings (fit_scale_and_bias)";

/// The answer of a scorer. A scorer of your own may return a plain Selection.
struct ScoredSelection : Selection {
  ScoredSelection() = default;
  ScoredSelection(Selection selection, ScoringStatistics how = {})  // NOLINT: converts
      : Selection(std::move(selection)), scoring(how) {}

  ScoringStatistics scoring;
};

/// - `select(super_batch, step)`: positions in `super_batch`, a function of the models' parameters,
///   the ids, `seed()` and `step`;
/// - `count(candidates)`: how many it picks of so many; `seed()`: of the noise;
/// - `scores()`: false where no model is run and the draw is uniform.
template <class S, class B>
concept Scorer = Batch<B> && requires(S& scorer, const B& super_batch, std::int64_t number) {
  { scorer.select(super_batch, number) } -> std::convertible_to<ScoredSelection>;
  { scorer.count(number) } -> std::convertible_to<std::int64_t>;
  { scorer.seed() } -> std::convertible_to<std::uint64_t>;
  { scorer.scores() } -> std::convertible_to<bool>;
};

/// What a scorer does with a super-batch of fewer candidates than it would pick, as the last one of
/// an epoch may be.
enum class Shortage {
  kRefuse,   ///< throws
  kTakeAll,  ///< picks all of them, unscored: their scores are NaN
  kSkip,     ///< picks none: go on with the next super-batch
};

/// How many are picked: b, or a share of the candidates.
struct PickCount {
  std::int64_t count = 0;
  double share = 0;  ///< where `count` is 0: of the candidates, at least one
  Shortage shortage = Shortage::kRefuse;

  /// Of so many candidates.
  JEST_EXPORT std::int64_t of(std::int64_t candidates) const;
  /// Throws unless exactly one of count and share says how many. `who` is named in the message.
  JEST_EXPORT void check(const char* who) const;
};

/// A scorer that remembers something between steps; optional. Checkpoints hold it, so that a
/// resumed run picks what an undisturbed one picks. `load_state` refuses a state that is not its
/// own.
template <class S>
concept KeepsState = requires(S& scorer, const NamedTensors& state) {
  { scorer.state() } -> std::convertible_to<NamedTensors>;
  scorer.load_state(state);
};

/// A scorer that passes a hook on to its selections (SelectionSpec::on_round); optional.
template <class S>
concept TellsRounds = requires(S& scorer, RoundHook hook) {
  scorer.set_on_round(hook);
};

/// Base of scorers that stand around another one: `Inner` is its type, or a reference to it where
/// the caller keeps it.
template <class Inner>
class ScorerWrapper {
 public:
  explicit ScorerWrapper(Inner&& inner) : inner_(std::forward<Inner>(inner)) {}

  std::int64_t count(std::int64_t candidates) const { return inner_.count(candidates); }
  std::uint64_t seed() const { return inner_.seed(); }
  bool scores() const { return inner_.scores(); }

  /// The inner scorer's, where it keeps any.
  NamedTensors state() const requires KeepsState<Inner> { return inner_.state(); }
  void load_state(const NamedTensors& state) requires KeepsState<Inner> {
    inner_.load_state(state);
  }

 protected:
  Inner inner_;
};

namespace detail {

/// Runs `work`, adds its wall time to `milliseconds` and returns what it returned.
template <class Work>
decltype(auto) timed_ms(double& milliseconds, const Work& work) {
  struct Add {
    double& milliseconds;
    double seconds = 0;
    ~Add() { milliseconds += 1e3 * seconds; }
  } add{milliseconds};
  return timed(add.seconds, work);
}

/// More chunks than picks are as many as picks. Without pair terms N rounds and one draw have the
/// same law: one round needs 1/N of the noise.
JEST_EXPORT SelectionSpec without_idle_rounds(SelectionSpec spec);

/// The spec of a selection of so many candidates of which each rank scores a part: which part.
JEST_EXPORT SelectionSpec over_ranks(SelectionSpec spec, std::int64_t candidates,
                                     Exchange* exchange);

/// Positions of a shard, for `at`.
inline std::vector<std::int64_t> positions_of(const Shard& shard) {
  std::vector<std::int64_t> positions(static_cast<std::size_t>(shard.count));
  std::iota(positions.begin(), positions.end(), shard.first);
  return positions;
}

/// What `work` answers of this rank's part of a super-batch.
template <Batch B, class Work>
Selection with_part(const B& super_batch, const SelectionSpec& spec, const Work& work) {
  if (!spec.exchange) return work(super_batch);
  return work(super_batch.at(positions_of(spec.shard)));
}

/// What `work` answers before a selection; what it throws, all ranks throw.
template <class Work>
auto on_all_ranks(const SelectionSpec& spec, const Work& work) {
  try {
    return work();
  } catch (...) {
    fail_on_all_ranks(spec, std::current_exception());
  }
}

/// Every position or none, where there are too few candidates, or a refusal before any model is
/// run; nothing where there are enough.
JEST_EXPORT std::optional<ScoredSelection> of_too_few(const PickCount& picks,
                                                      std::int64_t candidates);

/// Whether a sigmoid model takes one pair in five that do not belong together for a match. O(B·d).
JEST_EXPORT bool takes_strangers_for_matches(const Embeddings& embeddings);

/// A scorer's state under names that no learner's has, and back. A checkpoint without any comes
/// back empty: to refuse it is the scorer's.
JEST_EXPORT NamedTensors with_prefix(const NamedTensors& scorer_state);
JEST_EXPORT NamedTensors scorer_state_of(const NamedTensors& checkpoint);

}  // namespace detail

/// b of `ids` by the uniform preset: [b] positions, a function of (ids, seed, step). O(B).
JEST_EXPORT Selection uniform_picks(std::span<const std::int64_t> ids, std::int64_t count,
                                    std::uint64_t seed, std::int64_t step);

/// Takes the place of a JointExampleScorer where nothing is to be scored.
class UniformScorer {
 public:
  UniformScorer(std::int64_t count, std::uint64_t seed)
      : UniformScorer(PickCount{.count = count}, seed) {}
  UniformScorer(const PickCount& picks, std::uint64_t seed) : picks_(picks), seed_(seed) {
    picks_.check("uniform scorer");
  }

  std::int64_t count(std::int64_t candidates) const { return picks_.of(candidates); }
  std::uint64_t seed() const { return seed_; }
  bool scores() const { return false; }

  template <Batch B>
  ScoredSelection select(const B& super_batch, std::int64_t step) const {
    const std::span<const std::int64_t> ids = super_batch.ids();
    const auto candidates = static_cast<std::int64_t>(ids.size());
    if (auto few = detail::of_too_few(picks_, candidates)) return *few;
    return uniform_picks(ids, count(candidates), seed_, step);
  }

 private:
  PickCount picks_;
  std::uint64_t seed_;
};

}  // namespace jest

#pragma once
// What a criterion must provide: two operations, and nothing of samplers, losses or memory.
//
// A criterion is a sum of own terms and pair terms, U(A) = Σ a_i + Σ_{i≠j} Q_ij. The marginal gain
// of one more candidate is its conditional score, g_i(A) = a_i + κ·Σ_{j∈A} (Q_ij + Q_ji).

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>

namespace jest {
namespace detail {

/// What can be read after the expression that gave it: a reference, or a span.
template <class Scores>
inline constexpr bool kOutlivesItsCall = std::is_lvalue_reference_v<Scores>;
template <class Score>
inline constexpr bool kOutlivesItsCall<std::span<Score>> = true;
template <class Score>
inline constexpr bool kOutlivesItsCall<const std::span<Score>> = true;

}  // namespace detail

/// The running state of a criterion over one super-batch.
///
/// - `scores()` are the conditional scores [B] given everything conditioned on so far, own terms
///   before the first call of `condition_on`. Scores of picked candidates are ignored. They lie in
///   the criterion (a reference or a span, never a vector by value) and are read until the next
///   call of `condition_on`.
/// - `condition_on(picks)` adds candidates to A. `picks` are positions in ascending order of
///   example id, never one that was given before. A candidate's pair with itself is not counted,
///   so that conditioning on all candidates yields mean-field scores.
template <class State>
concept ConditionalScores = requires(State& state, std::span<const std::int64_t> picks) {
  { state.scores() } -> std::convertible_to<std::span<const double>>;
  requires detail::kOutlivesItsCall<decltype(state.scores())>;
  state.condition_on(picks);
};

}  // namespace jest

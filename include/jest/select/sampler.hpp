#pragma once
// The sampler: one loop that every preset shares, on one rank or on several.
//
//   for each of N rounds:
//     key_i = gain · g_i(A) + Gumbel noise      for every candidate not yet picked
//     take the c largest keys                    exact sampling without replacement
//     condition the criterion on them
//
// Total order: larger key first, equal keys by smaller id. O(N·B) time beside the criterion's own,
// O(B) memory. The answer is a function of (scores, ids, spec) alone: ranks that hold a part of the
// candidates each tell the others the best of their keys, and the rows of what was picked.
// Source: Gumbel top-k, Kool et al. 2019; chunks, Evans et al., arXiv 2406.17711, algorithm 1.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <span>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/core/views.hpp"
#include "jest/criteria/conditional_scores.hpp"
#include "jest/select/exchange.hpp"
#include "jest/select/selection.hpp"

namespace jest {
namespace detail {

/// A criterion's state as the sampler asks it.
struct AnyState {
  std::function<std::span<const double>()> scores;
  std::function<void(const Picked&)> condition_on;
  std::function<std::int64_t()> extra_bytes;
  /// What ShardedScores gives; without it candidates are of one rank.
  std::function<std::int64_t()> row_bytes;
  std::function<void(std::int64_t position, std::byte* out)> copy_row;
  std::function<std::uint64_t()> digest;
  std::function<Magnitudes()> magnitudes;
  std::function<void(const Magnitudes&)> agree;
};

/// Of a state that outlives this.
template <ConditionalScores State>
AnyState any_state(State& state) {
  AnyState any;
  any.scores = [&] { return std::span<const double>(state.scores()); };
  any.condition_on = [&](const Picked& picked) {
    if constexpr (ShardedScores<State>) {
      state.condition_on(picked);
    } else {
      std::vector<std::int64_t> positions;
      for (const Pick& pick : picked.picks) positions.push_back(pick.position);
      state.condition_on(std::span<const std::int64_t>(positions));
    }
  };
  if constexpr (requires { state.extra_bytes(); }) {
    any.extra_bytes = [&] { return static_cast<std::int64_t>(state.extra_bytes()); };
  }
  if constexpr (ShardedScores<State>) {
    any.row_bytes = [&] { return static_cast<std::int64_t>(state.row_bytes()); };
    any.copy_row = [&](std::int64_t position, std::byte* out) { state.copy_row(position, out); };
  }
  if constexpr (requires { state.digest(); }) any.digest = [&] { return state.digest(); };
  if constexpr (requires { state.magnitudes(); }) {
    any.magnitudes = [&] { return state.magnitudes(); };
    any.agree = [&](const Magnitudes& magnitudes) { state.agree(magnitudes); };
  }
  return any;
}

JEST_EXPORT Selection sample(const AnyState& state, const SelectionSpec& spec,
                             std::span<const std::int64_t> ids);

/// Throws what a rank's work before a selection threw, on all ranks: it is their next exchange.
[[noreturn]] JEST_EXPORT void fail_on_all_ranks(const SelectionSpec& spec,
                                                const std::exception_ptr& failure);

}  // namespace detail

/// Picks `spec.count` candidates of any criterion's running state. `ids` [B] are distinct and ≥ 0;
/// when empty, positions are ids. Throws jest::Error when the spec is impossible, when ids are of
/// another number or not distinct, and when fewer eligible candidates remain than a round must
/// take.
///
/// Where the spec names other ranks, `state` (ShardedScores) and `ids` are those of the candidates
/// here. Every rank gets all picks, as positions in the whole super-batch, and the statistics of
/// one process but for extra bytes. 2N exchanges: one of 192 bytes a rank, N of some c/R + 5√(c/R)
/// keys a rank, 40 bytes each, N − 1 of c rows; keys once more where a rank's best did not suffice,
/// less than once in a thousand rounds; mean field: all rows, once. Time and memory of a rank
/// O(B/R + c) beside the criterion's. Throws on all ranks what one of them throws, in the same
/// words; where parameters differ among them; and where an exchange throws. Ids must be distinct on
/// all ranks together: `check_ids` with an exchange makes sure of it.
template <ConditionalScores State>
Selection sample(State& state, const SelectionSpec& spec, std::span<const std::int64_t> ids = {}) {
  return detail::sample(detail::any_state(state), spec, ids);
}

}  // namespace jest

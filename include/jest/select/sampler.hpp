#pragma once
// The sampler: one loop that every preset shares.
//
//   for each of N rounds:
//     key_i = gain · g_i(A) + Gumbel noise      for every candidate not yet picked
//     take the c largest keys                    exact sampling without replacement
//     condition the criterion on them
//
// Total order: larger key first, equal keys by smaller id. O(N·B) time beside the criterion's own,
// O(B) memory. The answer is a function of (scores, ids, spec) alone.
// Source: Gumbel top-k, Kool et al. 2019; chunks, Evans et al., arXiv 2406.17711, algorithm 1.

#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/core/views.hpp"
#include "jest/criteria/conditional_scores.hpp"
#include "jest/select/selection.hpp"

namespace jest {
namespace detail {

/// The candidates that are neither picked nor set aside, and the draws among them.
class Draw {
 public:
  /// All must outlive this. `own` [B]: candidates whose own term is NaN are set aside.
  Draw(const SelectionSpec& spec, std::span<const std::int64_t> ids, std::span<const double> own);

  std::int64_t nan_count() const { return nan_count_; }
  std::int64_t extra_bytes() const;

  /// Every candidate still available, ascending in position.
  const std::vector<std::int64_t>& available() const { return available_; }

  /// The `take` best of `scores` by key, best first; they are available no more. Throws where fewer
  /// can be taken.
  std::vector<std::int64_t> round(std::uint32_t round, std::int64_t take,
                                  std::span<const double> scores);

  std::vector<std::int64_t> in_order_of_id(std::vector<std::int64_t> positions) const;

 private:
  struct Keyed {
    double key;
    std::int64_t id;
    std::int64_t position;
  };

  std::int64_t id(std::int64_t position) const;
  void key_all(std::uint32_t round, std::span<const double> scores);
  void set_nan_aside(std::span<const double> scores);
  void remove(const std::vector<std::int64_t>& picks);

  const SelectionSpec& spec_;
  std::span<const std::int64_t> ids_;
  std::int64_t candidates_ = 0;
  std::int64_t nan_count_ = 0;
  std::vector<std::int64_t> available_;  // ascending positions
  std::vector<bool> picked_;
  std::vector<Keyed> keyed_;
};

double mean_of(std::span<const double> values, std::span<const std::int64_t> positions);

/// Standard, about their mean.
double deviation_of(std::span<const double> values, std::span<const std::int64_t> positions);

/// Milliseconds of a clock that only goes forward.
double milliseconds();

/// Throws unless the arguments of `sample` are possible for `candidates` (B).
void check_sample(const SelectionSpec& spec, std::span<const std::int64_t> ids,
                  std::int64_t candidates);

/// Throws unless a draw has as many candidates as are to be picked.
void check_eligible(const Draw& draw, const SelectionSpec& spec, std::int64_t candidates);

}  // namespace detail

/// Picks `spec.count` candidates of any criterion's running state. `ids` [B] are distinct and ≥ 0;
/// when empty, positions are ids. Throws jest::Error when the spec is impossible, when ids are of
/// another number or not distinct, and when fewer eligible candidates remain than a round must
/// take.
template <ConditionalScores State>
Selection sample(State& state, const SelectionSpec& spec, std::span<const std::int64_t> ids = {}) {
  const double start = detail::milliseconds();
  std::span<const double> scores = state.scores();
  detail::check_sample(spec, ids, std::ssize(scores));
  const std::vector<double> own(scores.begin(), scores.end());
  detail::Draw draw(spec, ids, own);
  detail::check_eligible(draw, spec, std::ssize(own));
  const std::vector<std::int64_t> eligible = draw.available();
  if (spec.sampling.preset == Preset::kMeanField) {
    state.condition_on(draw.in_order_of_id(eligible));
    scores = state.scores();
  }
  Selection selection;
  const std::int64_t chunks = chunk_count(spec);
  for (std::int64_t round = 0; round < chunks; ++round) {
    const std::int64_t take = spec.count / chunks + (round < spec.count % chunks ? 1 : 0);
    const auto picks =
        draw.round(spec.first_round + static_cast<std::uint32_t>(round), take, scores);
    for (const std::int64_t i : picks) {
      selection.indices.push_back(i);
      selection.scores.push_back(scores[static_cast<std::size_t>(i)]);
    }
    if (round + 1 == chunks) break;
    state.condition_on(draw.in_order_of_id(picks));
    scores = state.scores();
  }
  SelectionStatistics& statistics = selection.statistics;
  statistics.backend = "criterion";
  statistics.select_ms = detail::milliseconds() - start;
  statistics.nan_count = draw.nan_count();
  statistics.mean_own_score_super_batch = detail::mean_of(own, eligible);
  statistics.mean_own_score_picks = detail::mean_of(own, selection.indices);
  statistics.own_score_deviation = detail::deviation_of(own, eligible);
  statistics.extra_bytes =
      draw.extra_bytes() + static_cast<std::int64_t>(own.size() * 2 * sizeof(double));
  if constexpr (requires { state.extra_bytes(); }) statistics.extra_bytes += state.extra_bytes();
  return selection;
}

}  // namespace jest

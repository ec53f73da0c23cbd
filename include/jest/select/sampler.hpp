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

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/core/views.hpp"
#include "jest/criteria/conditional_scores.hpp"
#include "jest/select/key.hpp"
#include "jest/select/noise_batch.hpp"
#include "jest/select/selection.hpp"

namespace jest {
namespace detail {

struct Keyed {
  double key;
  std::int64_t id;
  std::int64_t position;

  bool before(const Keyed& other) const {
    return key != other.key ? key > other.key : id < other.id;
  }
};

/// The candidates still to be had, and the draws among them.
class Draw {
 public:
  Draw(const SelectionSpec& spec, std::span<const std::int64_t> ids, std::span<const double> own)
      : ids_(ids), rule_(key_rule(spec)) {
    available_.reserve(own.size());
    for (std::size_t i = 0; i < own.size(); ++i) available_.push_back(static_cast<std::int64_t>(i));
    candidates_ = static_cast<std::int64_t>(own.size());
    picked_.resize(own.size());
    keyed_.reserve(own.size());
    set_nan_aside(own);
  }

  std::int64_t nan_count() const { return nan_count_; }
  std::int64_t extra_bytes() const {
    return static_cast<std::int64_t>(candidates_ * (sizeof(std::int64_t) + sizeof(Keyed)));
  }

  /// Every candidate still available, ascending in position.
  const std::vector<std::int64_t>& available() const { return available_; }

  /// The `take` best of `scores` by key, best first; they are available no more.
  std::vector<std::int64_t> round(std::uint32_t round, std::int64_t take,
                                  std::span<const double> scores) {
    set_nan_aside(scores);
    key_all(round, scores);
    const auto found = static_cast<std::int64_t>(keyed_.size());
    if (found < take) {
      refuse("select", text(take, " candidates to pick in round ", round), found, " of ",
             candidates_, " (", nan_count_, " set aside as NaN, ",
             static_cast<std::int64_t>(available_.size()) - found, " scored -inf)");
    }
    const auto by_key = [](const Keyed& a, const Keyed& b) { return a.before(b); };
    std::nth_element(keyed_.begin(), keyed_.begin() + (take - 1), keyed_.end(), by_key);
    std::sort(keyed_.begin(), keyed_.begin() + take, by_key);
    std::vector<std::int64_t> picks;
    for (std::int64_t k = 0; k < take; ++k) picks.push_back(keyed_[k].position);
    remove(picks);
    return picks;
  }

  std::vector<std::int64_t> in_order_of_id(std::vector<std::int64_t> positions) const {
    std::sort(positions.begin(), positions.end(),
              [this](std::int64_t a, std::int64_t b) { return id(a) < id(b); });
    return positions;
  }

 private:
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();

  std::int64_t id(std::int64_t i) const { return ids_.empty() ? i : ids_[i]; }

  /// Keys of everybody available whose score is not −inf.
  void key_all(std::uint32_t round, std::span<const double> scores) {
    keyed_.clear();
    constexpr std::size_t kBatch = 256;
    std::int64_t ids[kBatch];
    double noise[kBatch] = {};
    for (std::size_t first = 0; first < available_.size(); first += kBatch) {
      const std::size_t count = std::min(kBatch, available_.size() - first);
      const auto batch = std::span(available_).subspan(first, count);
      for (std::size_t k = 0; k < count; ++k) ids[k] = id(batch[k]);
      if (rule_.draws) gumbel_noise_batch(rule_.noise, round, {ids, count}, noise);
      for (std::size_t k = 0; k < count; ++k) {
        const double score = scores[batch[k]];
        if (score != -kInfinity) keyed_.push_back({rule_.key(score, noise[k]), ids[k], batch[k]});
      }
    }
  }

  void set_nan_aside(std::span<const double> scores) {
    nan_count_ += static_cast<std::int64_t>(
        std::erase_if(available_, [&](std::int64_t i) { return std::isnan(scores[i]); }));
  }

  void remove(const std::vector<std::int64_t>& picks) {
    for (const std::int64_t i : picks) picked_[i] = true;
    std::erase_if(available_, [&](std::int64_t i) { return picked_[i]; });
  }

  std::span<const std::int64_t> ids_;
  KeyRule rule_;
  std::int64_t candidates_ = 0;
  std::int64_t nan_count_ = 0;
  std::vector<std::int64_t> available_;  // ascending positions
  std::vector<bool> picked_;
  std::vector<Keyed> keyed_;
};

inline double mean_of(std::span<const double> values, std::span<const std::int64_t> positions) {
  double total = 0;
  for (const std::int64_t i : positions) total += values[i];
  return positions.empty() ? 0.0 : total / static_cast<double>(positions.size());
}

}  // namespace detail

/// Picks `spec.count` candidates of any criterion's running state. `ids` [B] are distinct and ≥ 0;
/// when empty, positions are ids. Throws jest::Error when the spec is impossible, when ids are of
/// another number or not distinct, and when fewer eligible candidates remain than a round must
/// take.
template <ConditionalScores State>
Selection sample(State& state, const SelectionSpec& spec, std::span<const std::int64_t> ids = {}) {
  const auto start = std::chrono::steady_clock::now();
  std::span<const double> scores = state.scores();
  check_counts(spec, std::ssize(scores));
  check_id_count("select", std::ssize(ids), std::ssize(scores));
  check_ids(ids);
  if (spec.backend == Backend::kCuda) {
    refuse("select", "backend default or eigen for this criterion", "cuda");
  }
  const std::vector<double> own(scores.begin(), scores.end());
  detail::Draw draw(spec, ids, own);
  Selection selection;
  const std::vector<std::int64_t> eligible = draw.available();
  if (static_cast<std::int64_t>(eligible.size()) < spec.count) {
    refuse("select", text(spec.count, " eligible candidates"), eligible.size(), " of ", own.size(),
           " (", draw.nan_count(), " set aside as NaN)");
  }
  if (spec.sampling.preset == Preset::kMeanField) {
    state.condition_on(draw.in_order_of_id(eligible));
    scores = state.scores();
  }
  const std::int64_t chunks = chunk_count(spec);
  for (std::int64_t round = 0; round < chunks; ++round) {
    const std::int64_t take = spec.count / chunks + (round < spec.count % chunks ? 1 : 0);
    const auto picks =
        draw.round(spec.first_round + static_cast<std::uint32_t>(round), take, scores);
    for (const std::int64_t i : picks) {
      selection.indices.push_back(i);
      selection.scores.push_back(scores[i]);
    }
    if (round + 1 == chunks) break;
    state.condition_on(draw.in_order_of_id(picks));
    scores = state.scores();
  }
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start;
  SelectionStatistics& statistics = selection.statistics;
  statistics.backend = "criterion";
  statistics.select_ms = elapsed.count();
  statistics.nan_count = draw.nan_count();
  statistics.mean_own_score_super_batch = detail::mean_of(own, eligible);
  statistics.mean_own_score_picks = detail::mean_of(own, selection.indices);
  statistics.extra_bytes =
      draw.extra_bytes() + static_cast<std::int64_t>(own.size() * 2 * sizeof(double));
  if constexpr (requires { state.extra_bytes(); }) statistics.extra_bytes += state.extra_bytes();
  return selection;
}

}  // namespace jest

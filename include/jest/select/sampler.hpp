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

#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/core/views.hpp"
#include "jest/criteria/conditional_scores.hpp"
#include "jest/select/exchange.hpp"
#include "jest/select/selection.hpp"

namespace jest {
namespace detail {

/// A candidate as ranks tell each other of it.
struct Offer {
  std::uint64_t key = 0;  ///< `ordered_bits` of its key
  std::int64_t id = 0;
  std::int64_t position = 0;  ///< in the whole super-batch
  double score = 0;
  double own = 0;  ///< its own term

  bool before(const Offer& other) const {
    return key != other.key ? key > other.key : id < other.id;
  }
};

/// One selection as one rank takes part in it: the draws among its own candidates, and what ranks
/// tell each other. Members that exchange must be called by all ranks alike. What goes wrong in a
/// rank's own work is told to all with their next exchange, and all throw it.
class JEST_EXPORT Rounds {
 public:
  /// `spec` must outlive this; `candidates` are here. `keys_per_rank`: how many a rank offers in a
  /// round; by default enough in nearly every one. Where they did not suffice, twice as many are
  /// asked for.
  Rounds(const SelectionSpec& spec, std::int64_t candidates, std::int64_t keys_per_rank = 0);
  Rounds(Rounds&&) = delete;
  ~Rounds();

  /// Does one's own work, unless some failed before.
  template <class Work>
  void attempt(const Work& work) {
    if (failure_) return;
    try {
      work();
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  /// Own work: checks the arguments, and sets candidates aside whose own term is NaN.
  void begin(std::span<const std::int64_t> ids, std::span<const double> own);
  /// Exchanges: whether all want the same of parts of one super-batch, and enough are eligible.
  /// Answers the largest magnitudes.
  Magnitudes meet(std::uint64_t criterion, const Magnitudes& magnitudes);

  bool alone() const;
  std::int64_t count() const;  ///< N
  bool is_mean_field() const;

  /// Own work: keys of all that are available.
  void draw(std::int64_t round, std::span<const double> scores);
  /// Exchanges: the best keys of all ranks become `picks`, best first.
  void take(std::int64_t round);
  /// Exchanges: all eligible candidates become `picks`, though they stay available.
  void take_all();
  const std::vector<Offer>& picks() const { return picks_; }

  /// Own work: the picks among one's own candidates, in order of id.
  std::vector<std::int64_t> own_picks();
  /// Room for rows of one's own picks, or null where nobody else needs them.
  std::byte* outgoing(std::int64_t row_bytes);
  /// Exchanges rows, which were written to `outgoing` in the order of `own_picks`.
  void exchange_rows(std::int64_t row_bytes);
  /// Own work: all picks in order of id, those of others by the rows that came.
  std::span<const Pick> picked();

  SelectionStatistics statistics() const;

 private:
  struct Parts;

  void check_failures(const std::vector<bool>& failed);
  bool merge(std::int64_t most, std::int64_t take);

  std::exception_ptr failure_;
  std::vector<Offer> picks_;
  std::unique_ptr<Parts> parts_;
};

/// Milliseconds of a clock that only goes forward.
JEST_EXPORT double milliseconds();

/// Conditions on the picks; `stay` if they are all candidates.
template <ConditionalScores State>
void condition(State& state, Rounds& rounds, bool stay) {
  if constexpr (ShardedScores<State>) {
    const std::int64_t bytes = state.row_bytes();
    rounds.attempt([&] {
      std::byte* out = rounds.outgoing(bytes);
      if (out == nullptr) return;
      for (const std::int64_t i : rounds.own_picks()) {
        state.copy_row(i, out);
        out += bytes;
      }
    });
    rounds.exchange_rows(bytes);
    rounds.attempt([&] { state.condition_on(Picked{rounds.picked(), stay}); });
  } else {
    rounds.attempt([&] { state.condition_on(rounds.own_picks()); });
  }
}

/// Learns whether all ranks want the same.
template <ConditionalScores State>
void meet(State& state, Rounds& rounds) {
  std::uint64_t criterion = 0;
  Magnitudes magnitudes{};
  rounds.attempt([&] {
    if constexpr (requires { state.digest(); }) criterion = state.digest();
    if constexpr (requires { state.magnitudes(); }) {
      if (rounds.is_mean_field() || rounds.count() > 1) magnitudes = state.magnitudes();
    }
  });
  magnitudes = rounds.meet(criterion, magnitudes);
  if constexpr (requires { state.agree(magnitudes); }) {
    rounds.attempt([&] { state.agree(magnitudes); });
  }
}

template <ConditionalScores State>
Selection sample_rounds(State& state, std::span<const std::int64_t> ids, Rounds& rounds) {
  const double start = milliseconds();
  rounds.attempt([&] {
    rounds.begin(ids, state.scores());
    if (!ShardedScores<State> && !rounds.alone()) {
      refuse("select", "one rank, or a criterion that gives rows (ShardedScores)", "another");
    }
  });
  meet(state, rounds);
  if (rounds.is_mean_field()) {
    rounds.take_all();
    condition(state, rounds, true);
  }
  Selection selection;
  for (std::int64_t round = 0; round < rounds.count(); ++round) {
    rounds.attempt([&] { rounds.draw(round, state.scores()); });
    rounds.take(round);
    for (const Offer& pick : rounds.picks()) {
      selection.indices.push_back(pick.position);
      selection.scores.push_back(pick.score);
    }
    if (round + 1 < rounds.count()) condition(state, rounds, false);
  }
  selection.statistics = rounds.statistics();
  if constexpr (requires { state.extra_bytes(); }) {
    selection.statistics.extra_bytes += state.extra_bytes();
  }
  selection.statistics.select_ms = milliseconds() - start;
  return selection;
}

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
  const auto candidates = [&] { return std::ssize(std::span<const double>(state.scores())); };
  detail::Rounds rounds(spec, spec.exchange ? spec.shard.count : candidates());
  return detail::sample_rounds(state, ids, rounds);
}

}  // namespace jest

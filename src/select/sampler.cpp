// The loop over rounds.

#include "jest/select/sampler.hpp"

#include <iterator>

#include "select/rounds.hpp"

namespace jest::detail {
namespace {

/// Conditions on the picks; `stay` if they are all candidates.
void condition(const AnyState& state, Rounds& rounds, bool stay) {
  const std::int64_t bytes = state.row_bytes ? state.row_bytes() : 0;
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
}

/// Learns whether all ranks want the same.
void meet(const AnyState& state, Rounds& rounds) {
  std::uint64_t criterion = 0;
  Magnitudes magnitudes{};
  rounds.attempt([&] {
    if (state.digest) criterion = state.digest();
    const bool conditions = rounds.is_mean_field() || rounds.count() > 1;
    if (state.magnitudes && conditions) magnitudes = state.magnitudes();
  });
  magnitudes = rounds.meet(criterion, magnitudes);
  if (state.agree) rounds.attempt([&] { state.agree(magnitudes); });
}

}  // namespace

Selection sample_rounds(const AnyState& state, std::span<const std::int64_t> ids, Rounds& rounds) {
  const double start = milliseconds();
  rounds.attempt([&] {
    rounds.begin(ids, state.scores());
    if (!state.row_bytes && !rounds.alone()) {
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
    if (round + 1 == rounds.count()) break;
    rounds.tell(std::span(selection.indices).last(rounds.picks().size()));
    condition(state, rounds, false);
  }
  selection.statistics = rounds.statistics();
  if (state.extra_bytes) selection.statistics.extra_bytes += state.extra_bytes();
  selection.statistics.select_ms = milliseconds() - start;
  return selection;
}

Selection sample(const AnyState& state, const SelectionSpec& spec,
                 std::span<const std::int64_t> ids) {
  Rounds rounds(spec, spec.exchange ? spec.shard.count : std::ssize(state.scores()));
  return sample_rounds(state, ids, rounds);
}

void fail_on_all_ranks(const SelectionSpec& spec, const std::exception_ptr& failure) {
  if (spec.exchange) {
    Rounds rounds(spec, spec.shard.count);
    rounds.attempt([&] { std::rethrow_exception(failure); });
    rounds.meet(0, {});
  }
  std::rethrow_exception(failure);
}

}  // namespace jest::detail

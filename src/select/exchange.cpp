// Shards of a super-batch, and how picks are shared out for training.

#include "jest/select/exchange.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "jest/select/selection.hpp"
#include "select/rounds.hpp"

namespace jest {
namespace {

/// b/R of b picks, one more of the first ranks.
std::int64_t quota(std::int64_t picks, std::int64_t ranks, std::int64_t rank) {
  return picks / ranks + (rank < picks % ranks ? 1 : 0);
}

}  // namespace

std::size_t detail::rank_of(std::int64_t position, std::span<const Shard> shards) {
  const auto after = std::upper_bound(
      shards.begin(), shards.end(), position,
      [](std::int64_t value, const Shard& shard) { return value < shard.first + shard.count; });
  if (after == shards.end() || position < after->first) {
    refuse("even out", "positions that lie on a rank", position);
  }
  return static_cast<std::size_t>(after - shards.begin());
}

Shard shard_of(std::int64_t total, int ranks, int rank, std::int64_t step) {
  if (ranks < 1 || rank < 0 || rank >= ranks) {
    refuse("shard", "a rank from 0 to one less than the number of ranks", rank, " of ", ranks);
  }
  if (total < 0 || step < 1) {
    refuse("shard", "candidates of at least 0, in steps of at least 1", total, " in steps of ",
           step);
  }
  const std::int64_t tiles = (total + step - 1) / step;
  const auto begin = [&](std::int64_t r) { return std::min(total, step * (tiles * r / ranks)); };
  return {begin(rank), begin(rank + 1) - begin(rank), total};
}

std::vector<Shard> shards_of(std::int64_t total, int ranks, std::int64_t step) {
  std::vector<Shard> shards;
  for (int rank = 0; rank < ranks; ++rank) shards.push_back(shard_of(total, ranks, rank, step));
  return shards;
}

std::vector<std::int64_t> counts_of_ranks(std::int64_t count, Exchange& exchange) {
  const std::vector<std::int64_t> sizes(static_cast<std::size_t>(exchange.size()), sizeof(count));
  std::vector<std::int64_t> counts(sizes.size());
  exchange.gather(std::as_bytes(std::span(&count, 1)), sizes,
                  std::as_writable_bytes(std::span(counts)));
  return counts;
}

void check_ids(std::span<const std::int64_t> ids, Exchange& exchange) {
  std::vector<std::int64_t> sizes = counts_of_ranks(std::ssize(ids), exchange);
  const std::int64_t total = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  for (std::int64_t& size : sizes) size *= static_cast<std::int64_t>(sizeof(std::int64_t));
  std::vector<std::int64_t> all(static_cast<std::size_t>(total));
  exchange.gather(std::as_bytes(ids), sizes, std::as_writable_bytes(std::span(all)));
  check_ids(all);
}

std::vector<std::int64_t> even_out(std::span<const std::int64_t> picks,
                                   std::span<const Shard> shards, int rank) {
  const std::int64_t ranks = std::ssize(shards);
  if (rank < 0 || rank >= ranks) refuse("even out", "a rank that has a shard", rank);
  std::vector<std::int64_t> room;
  for (std::int64_t r = 0; r < ranks; ++r) room.push_back(quota(std::ssize(picks), ranks, r));
  std::vector<std::int64_t> mine;
  std::vector<std::int64_t> surplus;
  for (std::int64_t k = 0; k < std::ssize(picks); ++k) {
    const std::size_t owner = detail::rank_of(picks[static_cast<std::size_t>(k)], shards);
    if (room[owner] == 0) {
      surplus.push_back(k);
    } else {
      --room[owner];
      if (static_cast<int>(owner) == rank) mine.push_back(k);
    }
  }
  std::size_t next = 0;
  for (std::size_t r = 0; r < room.size(); ++r) {
    for (; room[r] > 0; --room[r], ++next) {
      if (static_cast<int>(r) == rank) mine.push_back(surplus[next]);
    }
  }
  std::sort(mine.begin(), mine.end());
  return mine;
}

std::vector<std::int64_t> own_share(std::span<const std::int64_t> picks, std::int64_t total,
                                    const Exchange& exchange) {
  std::vector<std::int64_t> mine;
  const std::vector<Shard> shards = shards_of(total, exchange.size());
  for (const std::int64_t k : even_out(picks, shards, exchange.rank())) {
    mine.push_back(picks[static_cast<std::size_t>(k)]);
  }
  return mine;
}

}  // namespace jest

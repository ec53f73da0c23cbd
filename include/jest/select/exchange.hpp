#pragma once
// A super-batch whose candidates lie on several ranks (processes, hosts): which of them are here,
// and how ranks hear of each other. One process is the case of one rank.
//
//   const jest::Shard shard = jest::shard_of(B, exchange.size(), exchange.rank());
//   score candidates [shard.first, shard.first + shard.count)
//   const jest::SelectionSpec spec{.count = b, .shard = shard, .exchange = &exchange};
//   const jest::Selection picks = jest::select(pairs, spec);                    // of all B
//   const auto mine = jest::own_share(picks.indices, B, exchange);              // to train on

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "jest/core/error.hpp"

namespace jest {

/// How R ranks hear of each other. All call the same members in the same order, each from one
/// thread. `World` (torch/world.hpp) is one over LibTorch's process groups.
class JEST_EXPORT Exchange {
 public:
  virtual ~Exchange() = default;

  virtual int rank() const = 0;  ///< 0 to R − 1
  virtual int size() const = 0;  ///< R

  /// Everybody's bytes, in order of rank. `sizes` [R] are the same on every rank; `mine` has
  /// sizes[rank()] bytes, `all` as many as there are. Waits for all ranks; throws where one cannot
  /// be reached in the time that the exchange allows, and is of no use after that.
  virtual void gather(std::span<const std::byte> mine, std::span<const std::int64_t> sizes,
                      std::span<std::byte> all) = 0;
};

/// One rank.
class Alone final : public Exchange {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void gather(std::span<const std::byte> mine, std::span<const std::int64_t>,
              std::span<std::byte> all) override {
    if (!mine.empty()) std::memcpy(all.data(), mine.data(), mine.size());
  }
};

/// The positions [first, first + count) of a super-batch of `total` candidates (B). A rank may
/// have none.
struct Shard {
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::int64_t total = 0;

  bool operator==(const Shard&) const = default;
};

/// Rows that the plain backend multiplies at a time. Shards whose bounds are multiples of it give
/// the same bits there (and where the cpu backend falls back to it), and the same means in the
/// statistics; other scores and picks have the same bits for any bounds.
inline constexpr std::int64_t kShardStep = 64;

/// All of a super-batch, on one rank.
inline Shard whole(std::int64_t total) { return {0, total, total}; }

/// What rank r of R holds: tiles of `step` candidates, as evenly as they go. Throws unless
/// 0 ≤ r < R, B ≥ 0 and step ≥ 1.
JEST_EXPORT Shard shard_of(std::int64_t total, int ranks, int rank, std::int64_t step = kShardStep);

/// Those of all ranks, in order of rank.
JEST_EXPORT std::vector<Shard> shards_of(std::int64_t total, int ranks,
                                         std::int64_t step = kShardStep);

/// What every rank says, [R]. One exchange.
JEST_EXPORT std::vector<std::int64_t> counts_of_ranks(std::int64_t count, Exchange& exchange);

/// Throws, on all ranks alike, unless the ids of all ranks are distinct and none is negative. Every
/// rank gets all ids: O(B) time and memory. Two exchanges.
JEST_EXPORT void check_ids(std::span<const std::int64_t> ids, Exchange& exchange);

/// Which picks a rank trains on, as places in `picks` [b], ascending, so that every rank has b/R of
/// them, the first ranks one more. A rank keeps the first of those that lie on it; the others go in
/// draw order to the ranks that lack some, in order of rank. A pure function: each rank loads what
/// is new to it by its position. O(b + R). `picks` are positions in the super-batch.
JEST_EXPORT std::vector<std::int64_t> even_out(std::span<const std::int64_t> picks,
                                               std::span<const Shard> shards, int rank);

/// The positions of picks that this rank trains on, of a super-batch that `shard_of` shares out:
/// those that even_out gives it. A pure function of (picks, B, rank, R).
JEST_EXPORT std::vector<std::int64_t> own_share(std::span<const std::int64_t> picks,
                                                std::int64_t total, const Exchange& exchange);

}  // namespace jest

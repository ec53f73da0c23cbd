#pragma once
// Work over fixed tiles of rows, by any number of threads.
//
// Tile boundaries do not depend on the thread count and every row belongs to one tile, so neither
// do the results.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

namespace jest::plain {

struct RowTiles {
  std::int64_t rows = 0;
  std::int64_t tile_rows = 64;
  int threads = 1;

  /// Starting a thread costs as much as some tiles; fewer than this are not worth one.
  static constexpr std::int64_t kTilesPerThread = 32;

  std::int64_t workers() const {
    return std::clamp<std::int64_t>(tiles() / kTilesPerThread, 1, std::max(threads, 1));
  }
  std::int64_t tiles() const { return (rows + tile_rows - 1) / tile_rows; }
};

/// Calls `work(first_row, row_count)` once per tile. The first exception is thrown again.
template <class Work>
void for_each_tile(const RowTiles& tiles, const Work& work) {
  std::atomic<std::int64_t> next{0};
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(tiles.workers()));
  const auto run = [&](std::size_t worker) {
    try {
      for (std::int64_t tile = next++; tile < tiles.tiles(); tile = next++) {
        const std::int64_t first = tile * tiles.tile_rows;
        work(first, std::min(tiles.tile_rows, tiles.rows - first));
      }
    } catch (...) {
      failures[worker] = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> workers;
    for (std::int64_t k = 1; k < tiles.workers(); ++k) workers.emplace_back(run, k);
    run(0);
  }
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace jest::plain

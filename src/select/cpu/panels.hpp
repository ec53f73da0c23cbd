#pragma once
// The candidates of one model as the kernel reads them: the lane of each, and both sides of all,
// packed in panels of 32.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "aligned_floats.hpp"
#include "jest/core/views.hpp"
#include "kernel.hpp"

namespace jest::cpu {

/// 0: x of the candidates, which meets y of the picks; 1: y, which meets x.
using Side = int;
inline constexpr Side kSides = 2;

/// Candidates are positions in the super-batch. NaN rows get no lane. Removal swaps the last
/// candidate into the freed lane. Panels are kept between rounds up to kKeptPanelBytes, where only
/// lanes whose candidate changed are packed again; others are packed as they are used.
class Panels {
 public:
  Panels(const EmbeddingsView& view, const Kernel& kernel);

  std::int64_t size() const { return std::ssize(positions_); }
  std::int64_t count() const { return (size() + kLanes - 1) / kLanes; }
  std::int64_t depth() const { return depth_; }
  /// The largest |x| and |y| of those with a lane.
  float largest(Side side) const { return largest_[side]; }

  /// The candidates of the lanes of a panel, at most 32.
  std::span<const std::int32_t> positions(std::int64_t panel) const {
    const auto lanes = std::span(positions_).subspan(static_cast<std::size_t>(panel * kLanes));
    return lanes.first(std::min<std::size_t>(kLanes, lanes.size()));
  }

  /// Gets memory for the panels that are kept.
  void prepare();

  /// The candidate at `position` leaves, if it has not left.
  void remove(std::int64_t position);

  /// Lanes beyond the last candidate hold any candidate; `room` is for pointers to rows. No panel
  /// is asked for by two threads at a time.
  Candidates candidates(std::int64_t panel, Side side, std::span<const float*, kLanes> room);
  /// Both sides of a panel have been asked for since the last removal.
  void mark_packed(std::int64_t panel) {
    if (panel < kept_count_) stale_[panel] = 0;
  }

  /// What is read after (panel, side) where `workers` threads take turns, as it is now; or nothing.
  std::optional<Candidates> after(std::int64_t panel, Side side, std::int64_t workers,
                                  std::span<const float*, kLanes> room) const;

  std::int64_t bytes() const;

 private:
  static constexpr std::uint32_t kAllLanes = ~std::uint32_t{0};

  std::int64_t panel_floats() const { return depth_ * kLanes; }
  float* kept(std::int64_t panel, Side side) const {
    return kept_.data() + (kSides * panel + side) * panel_floats();
  }
  Candidates rows_of(std::int64_t panel, Side side, std::span<const float*, kLanes> room) const;
  void pack_stale(std::int64_t panel, Side side, float* out) const;

  MatrixView rows_[kSides];
  const Kernel& kernel_;
  std::int64_t depth_;
  std::vector<std::int32_t> positions_;  // of each lane, 32 to a panel
  std::vector<std::int32_t> lane_of_;    // [B], −1 for those without one
  float largest_[kSides] = {};
  bool prepared_ = false;
  std::int64_t kept_count_ = 0;
  AlignedFloats kept_;                // [kept_count_][side][depth][32]
  std::vector<std::uint32_t> stale_;  // [kept_count_]: lanes to be packed before use
};

}  // namespace jest::cpu

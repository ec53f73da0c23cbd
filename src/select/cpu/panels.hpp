#pragma once
// The candidates of one model as the kernel reads them: who sits in which lane, and both sides of
// everybody, packed in panels of 32.

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "aligned_floats.hpp"
#include "jest/core/views.hpp"
#include "kernel.hpp"

namespace jest::cpu {

/// 0: x of the candidates, which meets y of the picks; 1: y, which meets x.
using Side = int;
inline constexpr Side kSides = 2;

/// Candidates are positions in the super-batch; those with a NaN never get a lane, and the last
/// one takes the lane of one that leaves. Panels are kept between rounds up to kKeptPanelBytes,
/// where only lanes with somebody new in them are packed again; others are packed for each use.
class Panels {
 public:
  Panels(const EmbeddingsView& view, const Kernel& kernel);

  std::int64_t candidates() const { return std::ssize(positions_); }
  std::int64_t count() const { return (candidates() + kLanes - 1) / kLanes; }
  std::int64_t depth() const { return depth_; }
  /// The largest |x| and |y| of those with a lane.
  float largest(Side side) const { return largest_[side]; }

  /// Who sits in the lanes of a panel, at most 32.
  std::span<const std::int32_t> positions(std::int64_t panel) const {
    const auto lanes = std::span(positions_).subspan(static_cast<std::size_t>(panel * kLanes));
    return lanes.first(std::min<std::size_t>(kLanes, lanes.size()));
  }

  /// Gets memory for the panels that are kept and for packing by `workers` threads at a time.
  void prepare(std::int64_t workers);

  /// The candidate at `position` leaves, if it has not left.
  void remove(std::int64_t position);

  /// [depth][32] words. Lanes beyond the last candidate hold anybody. Each worker has room for one
  /// panel that is not kept; no panel is asked for by two workers at a time.
  const float* packed(std::int64_t panel, Side side, int worker);
  /// Both sides of a panel have been asked for since the last removal.
  void brought_up_to_date(std::int64_t panel) {
    if (panel < kept_count_) stale_[panel] = 0;
  }

  /// What will most likely be read after (panel, side) by one of `workers`, to be fetched during
  /// the work on `blocks` blocks of picks.
  Ahead ahead_of(std::int64_t panel, Side side, std::int64_t workers, std::int64_t blocks) const;

  std::int64_t bytes() const;

 private:
  static constexpr std::uint32_t kAllLanes = ~std::uint32_t{0};

  std::int64_t panel_floats() const { return depth_ * kLanes; }
  float* kept(std::int64_t panel, Side side) const {
    return kept_.data() + (kSides * panel + side) * panel_floats();
  }
  void pack_all(std::int64_t panel, Side side, float* out) const;
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
  AlignedFloats scratch_;             // [worker][depth][32]
};

}  // namespace jest::cpu

// Which candidate is in which lane, and when its lane is packed.

#include "panels.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "jest/core/error.hpp"
#include "select/cpu/engine.hpp"

namespace jest::cpu {
namespace {

constexpr std::uint32_t kInfinite = 0x7f800000;  // as bits; NaN lies above

/// The largest |value| of a row as bits, which order like the values.
std::uint32_t largest_bits(const float* row, std::int64_t width) {
  std::uint32_t largest = 0;
  for (std::int64_t k = 0; k < width; ++k) {
    largest = std::max(largest, std::bit_cast<std::uint32_t>(row[k]) & 0x7fffffff);
  }
  return largest;
}

}  // namespace

Panels::Panels(const EmbeddingsView& view, const Kernel& kernel)
    : rows_{view.x, view.y},
      kernel_(kernel),
      depth_(kernel.depth(view.x.cols)),
      lane_of_(static_cast<std::size_t>(view.rows()), -1) {
  if (view.rows() > std::numeric_limits<std::int32_t>::max()) {
    refuse("cpu backend", "less than 2^31 candidates", view.rows());
  }
  positions_.reserve(lane_of_.size());
  for (std::int64_t i = 0; i < view.rows(); ++i) {
    const std::uint32_t bits[] = {largest_bits(view.x.row(i), view.x.cols),
                                  largest_bits(view.y.row(i), view.y.cols)};
    if (std::max(bits[0], bits[1]) > kInfinite) continue;
    for (const Side side : {0, 1}) {
      largest_[side] = std::max(largest_[side], std::bit_cast<float>(bits[side]));
    }
    lane_of_[i] = static_cast<std::int32_t>(positions_.size());
    positions_.push_back(static_cast<std::int32_t>(i));
  }
}

void Panels::prepare() {
  if (prepared_) return;
  const auto bytes = kSides * panel_floats() * static_cast<std::int64_t>(sizeof(float));
  kept_count_ = std::min(count(), kKeptPanelBytes / bytes);
  kept_ = AlignedFloats(kSides * kept_count_ * panel_floats());
  stale_.resize(static_cast<std::size_t>(kept_count_), kAllLanes);
  prepared_ = true;
}

void Panels::remove(std::int64_t position) {
  const std::int32_t lane = lane_of_[position];
  if (lane < 0) return;
  const std::int32_t last = positions_.back();
  positions_[lane] = last;
  lane_of_[last] = lane;
  positions_.pop_back();
  lane_of_[position] = -1;
  const std::int64_t panel = lane / kLanes;
  if (panel < std::ssize(stale_)) stale_[panel] |= std::uint32_t{1} << (lane % kLanes);
}

Candidates Panels::candidates(std::int64_t panel, Side side, std::span<const float*, kLanes> room) {
  if (panel >= kept_count_) return rows_of(panel, side, room);
  float* out = kept(panel, side);
  if (stale_[panel] == kAllLanes) {
    kernel_.pack(rows_of(panel, side, room).rows, kLanes, out);
  } else {
    pack_stale(panel, side, out);
  }
  return {out, {}};
}

Candidates Panels::rows_of(std::int64_t panel, Side side,
                           std::span<const float*, kLanes> room) const {
  const std::span<const std::int32_t> seated = positions(panel);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    room[lane] = rows_[side].row(seated[std::min(lane, seated.size() - 1)]);
  }
  return {nullptr, {room, rows_[side].cols}};
}

void Panels::pack_stale(std::int64_t panel, Side side, float* out) const {
  const std::span<const std::int32_t> seated = positions(panel);
  for (std::uint32_t lanes = stale_[panel]; lanes != 0; lanes &= lanes - 1) {
    const auto lane = static_cast<std::size_t>(std::countr_zero(lanes));
    if (lane >= seated.size()) return;
    const float* row = rows_[side].row(seated[lane]);
    kernel_.pack({{&row, 1}, rows_[side].cols}, kLanes, out + lane);
  }
}

std::optional<Candidates> Panels::after(std::int64_t panel, Side side, std::int64_t workers,
                                        std::span<const float*, kLanes> room) const {
  const std::int64_t next = side == 0 ? panel : panel + workers;
  if (next >= count()) return std::nullopt;
  if (next < kept_count_) return Candidates{kept(next, 1 - side), {}};
  return rows_of(next, 1 - side, room);
}

std::int64_t Panels::bytes() const {
  return kept_.bytes() + std::ssize(lane_of_) * static_cast<std::int64_t>(2 * sizeof(std::int32_t));
}

}  // namespace jest::cpu

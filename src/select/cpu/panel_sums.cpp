#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>

#include "aligned_floats.hpp"
#include "formulas.hpp"
#include "jest/core/error.hpp"
#include "jest/select/cpu.hpp"
#include "kernel.hpp"
#include "thread_pool.hpp"

namespace jest::cpu {
namespace {

Logit logit_of(const EmbeddingsView& embeddings) {
  const double scale = kLog2E * embeddings.scale;
  const double bias = kLog2E * embeddings.bias;
  const auto scale_rounded = static_cast<float>(scale);
  const auto bias_rounded = static_cast<float>(bias);
  return {scale_rounded, bias_rounded, static_cast<float>(scale - scale_rounded),
          static_cast<float>(bias - bias_rounded)};
}

constexpr std::uint32_t kInfinite = 0x7f800000;  // as bits; NaN lies above

/// The largest |value| of a row as bits, which order like the values.
std::uint32_t largest_bits(const float* row, std::int64_t width) {
  std::uint32_t largest = 0;
  for (std::int64_t k = 0; k < width; ++k) {
    largest = std::max(largest, std::bit_cast<std::uint32_t>(row[k]) & 0x7fffffff);
  }
  return largest;
}

/// Picks whose rows are packed at a time, in whole groups: they stay in the second cache, and
/// conditioning on everybody needs no second copy of all embeddings.
constexpr std::int64_t kSliceColumns = 8 * kGroupColumns;

const Kernel& kernel_of(const Engine& engine) {
  for (const Kernel& kernel : kernels(engine.operands)) {
    if (kernel.set == engine.instruction_set) return kernel;
  }
  refuse("cpu backend", "an instruction set of this machine", name_of(engine.instruction_set));
}

/// Whether float32 can hold every value, product and logit, in bfloat16 operands too.
bool fits_float32(const EmbeddingsView& view, float largest_x, float largest_y) {
  constexpr double kMost = 1e30;
  const double product = static_cast<double>(largest_x) * static_cast<double>(largest_y) *
                         static_cast<double>(view.x.cols);
  return largest_x < kMost && largest_y < kMost && product < kMost && view.scale < kLogitLimit &&
         view.scale > 1 / kLogitLimit && view.scale * product + std::fabs(view.bias) < kLogitLimit;
}

/// One direction: candidates of one side against picked rows of the other.
struct Direction {
  MatrixView candidates;
  MatrixView partners;
  AlignedFloats picked;        // [c] rows, in blocks
  std::vector<double> sums;    // [B], in units of the kernel
  std::vector<float> largest;  // [B], log-sum-exp only
  std::vector<double> logs;    // [B], log-sum-exp only: the natural logarithm of the sum
};

}  // namespace

struct PanelSums::State {
  State(Reduction reduction, const EmbeddingsView& view, const Engine& engine)
      : reduction(reduction),
        embeddings(view),
        kernel(kernel_of(engine)),
        threads(std::max(engine.threads, 1)),
        multiply_adds_per_thread(std::max<std::int64_t>(engine.multiply_adds_per_thread, 1)),
        logit(logit_of(view)),
        depth(kernel.depth(view.x.cols)),
        slot_of(static_cast<std::size_t>(view.rows()), -1),
        directions{{view.x, view.y, {}, {}, {}, {}}, {view.y, view.x, {}, {}, {}, {}}} {
    float largest[2] = {};
    slots.reserve(slot_of.size());
    for (std::int64_t i = 0; i < view.rows(); ++i) {
      const std::uint32_t x = largest_bits(view.x.row(i), view.x.cols);
      const std::uint32_t y = largest_bits(view.y.row(i), view.y.cols);
      if (std::max(x, y) > kInfinite) continue;  // set aside
      largest[0] = std::max(largest[0], std::bit_cast<float>(x));
      largest[1] = std::max(largest[1], std::bit_cast<float>(y));
      slot_of[i] = static_cast<std::int32_t>(slots.size());
      slots.push_back(static_cast<std::int32_t>(i));
    }
    carried = fits_float32(view, largest[0], largest[1]);
    if (!carried) return;
    for (Direction& direction : directions) {
      direction.sums.resize(slot_of.size());
      if (reduction != Reduction::kLogSumExp) continue;
      direction.largest.resize(slot_of.size(), kNothing);
      direction.logs.resize(slot_of.size(), -INFINITY);
    }
    const std::int64_t two_panels = 2 * panel_floats() * static_cast<std::int64_t>(sizeof(float));
    kept_panels = std::min(panels(), kKeptPanelBytes / two_panels);
    kept = AlignedFloats(2 * kept_panels * panel_floats());
    stale.resize(static_cast<std::size_t>(kept_panels), ~std::uint32_t{0});
  }

  std::int64_t panel_floats() const { return depth * kLanes; }
  std::int64_t panels() const {
    return (static_cast<std::int64_t>(slots.size()) + kLanes - 1) / kLanes;
  }

  void add(std::span<const std::int64_t> picks, Afterwards afterwards) {
    std::vector<std::int32_t> column_of;
    if (afterwards == Afterwards::kStay) {
      column_of = columns_of(picks);
    } else {
      for (const std::int64_t i : picks) remove(static_cast<std::int32_t>(i));
    }
    for (std::size_t first = 0; first < picks.size(); first += kSliceColumns) {
      const std::size_t count = std::min<std::size_t>(kSliceColumns, picks.size() - first);
      for (std::int32_t& column : column_of) {
        if (first > 0) column -= kSliceColumns;
      }
      add_slice(picks.subspan(first, count), column_of);
    }
  }

  /// `column_of` [B]: where in the slice a candidate itself is, if it is; or empty.
  void add_slice(std::span<const std::int64_t> picks, std::span<const std::int32_t> column_of) {
    workers = std::clamp(
        2 * std::ssize(picks) * std::ssize(slots) * embeddings.x.cols / multiply_adds_per_thread,
        std::int64_t{1}, static_cast<std::int64_t>(threads));
    for (Direction& direction : directions) pack_picked(direction, picks);
    if (kept_panels < panels() && scratch.size() < workers * panel_floats()) {
      scratch = AlignedFloats(workers * panel_floats());
    }
    run_tasks(panels(), static_cast<int>(workers), [&](std::int64_t panel, int worker) {
      alignas(64) std::int32_t own[kLanes];
      for (std::int64_t lane = 0; lane < kLanes && !column_of.empty(); ++lane) {
        const std::int64_t slot = panel * kLanes + lane;
        own[lane] = slot < std::ssize(slots) ? column_of[slots[slot]] : -1;
      }
      for (std::size_t side = 0; side < 2; ++side) {
        const float* packed = packed_panel(panel, side, worker);
        reduce({.panel = packed,
                .picked = {std::ssize(picks), depth, directions[side].picked.data()},
                .logit = logit,
                .own_columns = column_of.empty() ? nullptr : own,
                .ahead = ahead_of(panel, side, Blocks{std::ssize(picks), depth}.count())},
               panel, directions[side]);
      }
      if (panel < kept_panels) stale[panel] = 0;
    });
  }

  std::vector<std::int32_t> columns_of(std::span<const std::int64_t> picks) const {
    std::vector<std::int32_t> column_of(slot_of.size(), -1);
    for (std::size_t j = 0; j < picks.size(); ++j) {
      column_of[picks[j]] = static_cast<std::int32_t>(j);
    }
    return column_of;
  }

  /// The last candidate takes the place of one that leaves.
  void remove(std::int32_t i) {
    const std::int32_t slot = slot_of[i];
    if (slot < 0) return;  // set aside from the start
    const std::int32_t last = slots.back();
    slots[slot] = last;
    slot_of[last] = slot;
    slots.pop_back();
    slot_of[i] = -1;
    const std::int64_t panel = slot / kLanes;
    if (panel < kept_panels) stale[panel] |= std::uint32_t{1} << (slot % kLanes);
  }

  void pack_picked(Direction& direction, std::span<const std::int64_t> picks) {
    if (direction.picked.size() < std::ssize(picks) * depth) {
      direction.picked = AlignedFloats(std::ssize(picks) * depth);
    }
    const Blocks blocks{std::ssize(picks), depth, nullptr};
    run_tasks(blocks.count(), static_cast<int>(workers), [&](std::int64_t block, int) {
      const float* rows[kBlockColumns];
      const std::int64_t begin = blocks.begin(block);
      const std::int64_t columns = blocks.begin(block + 1) - begin;
      for (std::int64_t j = 0; j < columns; ++j) rows[j] = direction.partners.row(picks[begin + j]);
      kernel.pack({{rows, static_cast<std::size_t>(columns)}, direction.partners.cols}, columns,
                  direction.picked.data() + begin * depth);
    });
  }

  /// A panel as the kernel reads it: kept and brought up to date, or packed into scratch.
  const float* packed_panel(std::int64_t panel, std::size_t side, int worker) {
    const MatrixView& rows = directions[side].candidates;
    if (panel >= kept_panels) {
      float* out = scratch.data() + worker * panel_floats();
      pack_lanes(rows, panel, out);
      return out;
    }
    float* out = kept.data() + (2 * panel + static_cast<std::int64_t>(side)) * panel_floats();
    if (stale[panel] == ~std::uint32_t{0}) {
      pack_lanes(rows, panel, out);
    } else {
      for (std::uint32_t lanes = stale[panel]; lanes != 0; lanes &= lanes - 1) {
        const int lane = std::countr_zero(lanes);
        const std::int64_t slot = panel * kLanes + lane;
        if (slot >= std::ssize(slots)) break;
        const float* row = rows.row(slots[slot]);
        kernel.pack({{&row, 1}, rows.cols}, kLanes, out + lane);
      }
    }
    return out;
  }

  /// Where this worker will most likely go on: in a kept panel, a line of 16 floats of each row by
  /// each of two blocks; before packing anew, the rows themselves, as if they followed each other.
  Ahead ahead_of(std::int64_t panel, std::size_t side, std::int64_t blocks) const {
    const std::size_t next_side = 1 - side;
    const std::int64_t next = side == 0 ? panel : panel + workers;
    if (next >= panels()) return {};
    if (next < kept_panels) {
      const std::int64_t at = 2 * next + static_cast<std::int64_t>(next_side);
      return {kept.data() + at * panel_floats(), 2, kLanes / 2, kLanes};
    }
    const MatrixView& rows = directions[next_side].candidates;
    const std::int64_t rows_a_block = (kLanes + blocks - 1) / blocks;
    return {rows.row(slots[next * kLanes]), blocks, rows_a_block * rows.row_stride,
            rows_a_block * (rows.row_stride / depth)};
  }

  /// All lanes of a panel; those beyond the last candidate repeat it.
  void pack_lanes(const MatrixView& rows, std::int64_t panel, float* out) const {
    const float* lanes[kLanes];
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const std::int64_t slot =
          std::min<std::int64_t>(panel * kLanes + lane, std::ssize(slots) - 1);
      lanes[lane] = rows.row(slots[slot]);
    }
    kernel.pack({lanes, rows.cols}, kLanes, out);
  }

  void reduce(const PanelTask& task, std::int64_t panel, Direction& direction) const {
    const std::int64_t first = panel * kLanes;
    const std::int64_t count = std::min<std::int64_t>(kLanes, std::ssize(slots) - first);
    const std::int32_t* positions = slots.data() + first;
    if (reduction == Reduction::kSoftplusSum) {
      SigmoidLanes lanes{};
      for (std::int64_t k = 0; k < count; ++k) lanes.sums[k] = direction.sums[positions[k]];
      kernel.sigmoid(task, lanes);
      for (std::int64_t k = 0; k < count; ++k) direction.sums[positions[k]] = lanes.sums[k];
      return;
    }
    SoftmaxLanes lanes{};
    for (std::int64_t k = 0; k < count; ++k) {
      lanes.largest[k] = direction.largest[positions[k]];
      lanes.sums[k] = direction.sums[positions[k]];
    }
    kernel.softmax(task, lanes);
    for (std::int64_t k = 0; k < count; ++k) {
      direction.largest[positions[k]] = lanes.largest[k];
      direction.sums[positions[k]] = lanes.sums[k];
      direction.logs[positions[k]] = kLn2 * (lanes.largest[k] + std::log2(lanes.sums[k]));
    }
  }

  double result(std::size_t side, std::int64_t i) const {
    const Direction& direction = directions[side];
    return reduction == Reduction::kSoftplusSum ? kLn2 * direction.sums[i] : direction.logs[i];
  }

  std::int64_t extra_bytes() const {
    std::int64_t bytes = kept.bytes() + scratch.bytes();
    bytes += std::ssize(slot_of) * static_cast<std::int64_t>(2 * sizeof(std::int32_t));
    for (const Direction& direction : directions) {
      bytes += direction.picked.bytes();
      bytes += static_cast<std::int64_t>((direction.sums.size() + direction.logs.size()) *
                                         sizeof(double));
      bytes += static_cast<std::int64_t>(direction.largest.size() * sizeof(float));
    }
    return bytes;
  }

  Reduction reduction;
  EmbeddingsView embeddings;
  const Kernel& kernel;
  int threads;
  std::int64_t multiply_adds_per_thread;
  std::int64_t workers = 1;  // of this slice
  Logit logit;
  std::int64_t depth;
  std::vector<std::int32_t> slots;    // who sits where, 32 to a panel
  std::vector<std::int32_t> slot_of;  // [B], −1 for those who have left
  Direction directions[2];
  bool carried = false;
  std::int64_t kept_panels = 0;
  AlignedFloats kept;                // [kept panels][direction][depth][32]
  std::vector<std::uint32_t> stale;  // [kept panels]: lanes to be packed before use
  AlignedFloats scratch;             // [worker][depth][32]
};

PanelSums::PanelSums(Reduction reduction, const EmbeddingsView& embeddings, const Engine& engine)
    : state_(std::make_unique<State>(reduction, embeddings, engine)) {}
PanelSums::PanelSums(PanelSums&&) noexcept = default;
PanelSums& PanelSums::operator=(PanelSums&&) noexcept = default;
PanelSums::~PanelSums() = default;

bool PanelSums::carried() const { return state_->carried; }
void PanelSums::add(std::span<const std::int64_t> picks, Afterwards afterwards) {
  state_->add(picks, afterwards);
}
double PanelSums::forward(std::int64_t i) const { return state_->result(0, i); }
double PanelSums::backward(std::int64_t i) const { return state_->result(1, i); }
std::int64_t PanelSums::extra_bytes() const { return state_->extra_bytes(); }

std::string_view name_of(InstructionSet set) {
  constexpr std::string_view kNames[] = {"scalar", "avx2", "avx512", "neon"};
  return kNames[static_cast<std::size_t>(set)];
}

std::vector<InstructionSet> instruction_sets() {
  std::vector<InstructionSet> sets;
  for (const Kernel& kernel : kernels(Operands::kFloat32)) sets.push_back(kernel.set);
  return sets;
}

InstructionSet fastest_instruction_set() { return kernels(Operands::kFloat32).front().set; }

}  // namespace jest::cpu

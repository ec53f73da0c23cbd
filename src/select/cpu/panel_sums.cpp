// Running sums of one model: packed picks meet panels of candidates, by as many threads as a round
// is worth.

#include "panel_sums.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "aligned_floats.hpp"
#include "formulas.hpp"
#include "jest/core/error.hpp"
#include "kernel.hpp"
#include "panels.hpp"
#include "thread_pool.hpp"

namespace jest::cpu {
namespace {

/// Picks whose rows are packed at a time, in whole groups: conditioning on all candidates needs no
/// second copy of all embeddings.
constexpr std::int64_t kSliceColumns = 8 * kGroupColumns;

Logit logit_of(const EmbeddingsView& embeddings) {
  const double scale = kLog2E * embeddings.scale;
  const double bias = kLog2E * embeddings.bias;
  const auto scale_rounded = static_cast<float>(scale);
  const auto bias_rounded = static_cast<float>(bias);
  return {scale_rounded, bias_rounded, static_cast<float>(scale - scale_rounded),
          static_cast<float>(bias - bias_rounded)};
}

const Kernel& kernel_of(const Engine& engine) {
  for (const Kernel& kernel : kernels(engine.operands)) {
    if (kernel.set == engine.instruction_set) return kernel;
  }
  refuse("cpu backend", "an instruction set of this machine", name_of(engine.instruction_set));
}

/// Whether float32 can hold every value, product and logit, in bfloat16 operands too.
struct Range {
  double scale;
  double bias;
  double width;

  bool holds(double largest_x, double largest_y) const {
    constexpr double kMost = 1e30;
    const double product = largest_x * largest_y * width;
    return largest_x < kMost && largest_y < kMost && product < kMost && scale < kLogitLimit &&
           scale > 1 / kLogitLimit && scale * product + std::fabs(bias) < kLogitLimit;
  }
};

/// What one side of every candidate has added up so far, in units of the kernel.
class RunningSums {
 public:
  RunningSums() = default;
  RunningSums(Contrast contrast, std::int64_t candidates)
      : sums_(static_cast<std::size_t>(candidates)) {
    if (contrast != Contrast::kSoftmax) return;
    largest_.resize(sums_.size(), kNothing);
    logs_.resize(sums_.size(), -INFINITY);
  }

  /// Adds what the kernel makes of `task`, whose lanes are the candidates at `positions`.
  void add(const Kernel& kernel, const PanelTask& task, std::span<const std::int32_t> positions) {
    largest_.empty() ? add_softplus(kernel, task, positions) : add_exp(kernel, task, positions);
  }

  double result(std::int64_t i) const { return largest_.empty() ? kLn2 * sums_[i] : logs_[i]; }

  std::int64_t bytes() const {
    return static_cast<std::int64_t>((sums_.size() + logs_.size()) * sizeof(double) +
                                     largest_.size() * sizeof(float));
  }

 private:
  void add_softplus(const Kernel& kernel, const PanelTask& task,
                    std::span<const std::int32_t> positions) {
    SigmoidLanes lanes{};
    for (std::size_t k = 0; k < positions.size(); ++k) lanes.sums[k] = sums_[positions[k]];
    kernel.sigmoid(task, lanes);
    for (std::size_t k = 0; k < positions.size(); ++k) sums_[positions[k]] = lanes.sums[k];
  }

  void add_exp(const Kernel& kernel, const PanelTask& task,
               std::span<const std::int32_t> positions) {
    SoftmaxLanes lanes{};
    for (std::size_t k = 0; k < positions.size(); ++k) {
      lanes.largest[k] = largest_[positions[k]];
      lanes.sums[k] = sums_[positions[k]];
    }
    kernel.softmax(task, lanes);
    for (std::size_t k = 0; k < positions.size(); ++k) {
      largest_[positions[k]] = lanes.largest[k];
      sums_[positions[k]] = lanes.sums[k];
      logs_[positions[k]] = kLn2 * (lanes.largest[k] + std::log2(lanes.sums[k]));
    }
  }

  std::vector<double> sums_;    // [B]
  std::vector<float> largest_;  // [B], log-sum-exp only
  std::vector<double> logs_;    // [B], log-sum-exp only: the natural logarithm of the sum
};

}  // namespace

struct PanelSums::State {
  State(Contrast contrast, const EmbeddingsView& view, const Engine& engine)
      : kernel(kernel_of(engine)),
        engine(engine),
        logit(logit_of(view)),
        candidates(view.rows()),
        width(view.x.cols),
        contrast(contrast),
        range{view.scale, view.bias, static_cast<double>(width)},
        panels(view, kernel) {}

  void add(const PickedRows& picks, AfterPicking then) {
    if (!begun) {
      for (RunningSums& side : sums) side = RunningSums(contrast, candidates);
      begun = true;
    }
    std::vector<std::int32_t> column_of;
    if (then == AfterPicking::kStay) {
      column_of = columns_of(picks.positions);
    } else {
      for (const std::int64_t i : picks.positions) {
        if (i >= 0) panels.remove(i);
      }
    }
    for (std::int64_t first = 0; first < picks.count(); first += kSliceColumns) {
      for (std::int32_t& column : column_of) {
        if (first > 0) column -= kSliceColumns;
      }
      const auto count = static_cast<std::size_t>(std::min(kSliceColumns, picks.count() - first));
      const auto slice = [&](const std::vector<const float*>& side) {
        return std::span(side).subspan(static_cast<std::size_t>(first), count);
      };
      // x of the candidates meets y of the picks, and y meets x.
      add_slice({slice(picks.sides[1]), slice(picks.sides[0])}, column_of);
    }
  }

  /// [B]: where in `picks` a candidate is, or −1.
  std::vector<std::int32_t> columns_of(std::span<const std::int64_t> picks) const {
    std::vector<std::int32_t> column_of(static_cast<std::size_t>(candidates), -1);
    for (std::size_t j = 0; j < picks.size(); ++j) {
      if (picks[j] >= 0) column_of[picks[j]] = static_cast<std::int32_t>(j);
    }
    return column_of;
  }

  using Rows = std::span<const float* const>;

  /// `partners`: rows of the picks that either side meets. `column_of` [B]: where in the slice a
  /// candidate itself is, if it is; or empty.
  void add_slice(const std::array<Rows, kSides>& partners,
                 std::span<const std::int32_t> column_of) {
    const std::int64_t picks = std::ssize(partners[0]);
    const std::int64_t multiply_adds = kSides * picks * panels.size() * width;
    const std::int64_t workers = std::clamp<std::int64_t>(
        multiply_adds / std::max<std::int64_t>(engine.multiply_adds_per_thread, 1), 1,
        std::max(engine.threads, 1));
    for (const Side side : {0, 1})
      pack_picked(side, partners[static_cast<std::size_t>(side)], workers);
    panels.prepare();
    run_tasks(panels.count(), static_cast<int>(workers), [&](std::int64_t panel, int) {
      const std::span<const std::int32_t> positions = panels.positions(panel);
      alignas(64) std::int32_t own[kLanes];
      for (std::size_t lane = 0; lane < kLanes && !column_of.empty(); ++lane) {
        own[lane] = lane < positions.size() ? column_of[positions[lane]] : -1;
      }
      const float* rows[kLanes];
      const float* next_rows[kLanes];
      for (const Side side : {0, 1}) {
        const Blocks columns{picks, panels.depth(), picked[side].data()};
        const Candidates candidates = panels.candidates(panel, side, rows);
        const std::optional<Candidates> next = panels.after(panel, side, workers, next_rows);
        const PanelTask task{.candidates = candidates,
                             .next = next ? &*next : nullptr,
                             .picked = columns,
                             .logit = logit,
                             .own_columns = column_of.empty() ? nullptr : own};
        sums[side].add(kernel, task, positions);
      }
      panels.mark_packed(panel);
    });
  }

  void pack_picked(Side side, Rows rows, std::int64_t workers) {
    AlignedFloats& out = picked[side];
    const Blocks blocks{std::ssize(rows), panels.depth(), nullptr};
    if (out.size() < blocks.columns * blocks.depth) {
      out = AlignedFloats(blocks.columns * blocks.depth);
    }
    run_tasks(blocks.count(), static_cast<int>(workers), [&](std::int64_t block, int) {
      const std::int64_t begin = blocks.begin(block);
      const auto columns = static_cast<std::size_t>(blocks.width(block));
      kernel.pack({rows.subspan(static_cast<std::size_t>(begin), columns), width},
                  blocks.width(block), out.data() + begin * blocks.depth);
    });
  }

  std::int64_t extra_bytes() const {
    std::int64_t bytes = panels.bytes();
    for (const Side side : {0, 1}) bytes += picked[side].bytes() + sums[side].bytes();
    return bytes;
  }

  const Kernel& kernel;
  Engine engine;
  Logit logit;
  std::int64_t candidates;
  std::int64_t width;
  Contrast contrast;
  Range range;
  Panels panels;
  bool begun = false;
  AlignedFloats picked[kSides];  // rows of the slice, in blocks
  RunningSums sums[kSides];
};

PanelSums::PanelSums(Contrast contrast, const EmbeddingsView& embeddings, const Engine& engine)
    : state_(std::make_unique<State>(contrast, embeddings, engine)) {}
PanelSums::PanelSums(PanelSums&&) noexcept = default;
PanelSums& PanelSums::operator=(PanelSums&&) noexcept = default;
PanelSums::~PanelSums() = default;

double PanelSums::largest(int side) const {
  return static_cast<double>(state_->panels.largest(side));
}
bool PanelSums::fits_float32(double largest_x, double largest_y) const {
  return state_->range.holds(largest_x, largest_y);
}
void PanelSums::add(const PickedRows& picks, AfterPicking then) { state_->add(picks, then); }
double PanelSums::forward(std::int64_t i) const { return state_->sums[0].result(i); }
double PanelSums::backward(std::int64_t i) const { return state_->sums[1].result(i); }
std::int64_t PanelSums::extra_bytes() const { return state_->extra_bytes(); }

std::int64_t values_per_word(const Engine& engine) { return kernel_of(engine).values_per_word; }

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

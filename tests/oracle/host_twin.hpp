#pragma once
// The CUDA backend without CUDA: its pipeline and its kernels on host memory, block by block, phase
// by phase, thread by thread; plain loops stand in for the libraries.
//
// Memory starts as NaN; blocks run in descending order, and where a fork lets two lanes overlap
// they alternate, the second one first, or one goes before the other: orders that a device could
// choose. With the second one first, blocks and threads run the other way round, and warps that
// share with no other go through all phases one after the other.

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>
#include <vector>

#include "jest/select/cuda.hpp"
#include "select/cuda/pipeline.hpp"

namespace jest::oracle {

/// How the work of two lanes between a fork and its end is ordered.
enum class LaneOrder { kAlternating, kFirstLane, kSecondLane };

class HostExecutor {
 public:
  HostExecutor() = default;
  explicit HostExecutor(LaneOrder order) : order_(order) {}

  template <class Kernel>
  void launch(int lane, const Kernel& kernel) {
    if (order_ == LaneOrder::kSecondLane)
      return enqueue(lane, [kernel] { walk_by_groups(kernel); });
    enqueue(lane, [kernel] { walk(kernel); });
  }

  void sort(const cuda::Arrays& arrays, std::int64_t size) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(size));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      return arrays.keys[a] > arrays.keys[b];
    });
    for (std::int64_t k = 0; k < size; ++k) {
      arrays.sorted_keys[k] = arrays.keys[order[k]];
      arrays.sorted_slots[k] = arrays.slots[order[k]];
    }
  }

  void count(const cuda::Arrays& arrays, std::int64_t size) {
    std::exclusive_scan(arrays.picked, arrays.picked + size, arrays.ranks, 0);
  }

  void product(int lane, const cuda::Product& product) {
    enqueue(lane, [product] { multiply(product); });
  }

  void fused_product(int lane, const cuda::FusedProduct& product) {
    enqueue(lane, [product] { multiply_and_add(product); });
  }

  void fork() { forked_ = true; }
  void join() {
    if (order_ == LaneOrder::kAlternating) {
      alternate();
    } else {
      const int first = order_ == LaneOrder::kFirstLane ? 0 : 1;
      for (const int lane : {first, 1 - first}) {
        for (const auto& work : waiting_[lane]) work();
      }
    }
    for (auto& lane : waiting_) lane.clear();
    forked_ = false;
  }

 private:
  void alternate() {
    const std::size_t most = std::max(waiting_[0].size(), waiting_[1].size());
    for (std::size_t k = 0; k < most; ++k) {
      for (int lane = cuda::kLanes - 1; lane >= 0; --lane) {
        if (k < waiting_[lane].size()) waiting_[lane][k]();
      }
    }
  }

  void enqueue(int lane, const std::function<void()>& work) {
    forked_ ? waiting_[lane].push_back(work) : work();
  }

  template <class Kernel>
  static void walk(const Kernel& kernel) {
    for (std::int64_t block = kernel.blocks() - 1; block >= 0; --block) {
      typename Kernel::Shared shared;
      std::memset(static_cast<void*>(&shared), 0xff, sizeof(shared));
      for (int phase = 0; phase < Kernel::kPhases; ++phase) {
        for (int thread = 0; thread < Kernel::kThreads; ++thread) {
          kernel.phase(phase, {block, thread}, shared);
        }
      }
    }
  }

  /// A group is what waits for each other between two phases.
  template <class Kernel>
  static void walk_by_groups(const Kernel& kernel) {
    constexpr int kGroup = Kernel::kSharesInWarps ? cuda::kWarp : Kernel::kThreads;
    for (std::int64_t block = 0; block < kernel.blocks(); ++block) {
      typename Kernel::Shared shared;
      std::memset(static_cast<void*>(&shared), 0xff, sizeof(shared));
      for (int first = Kernel::kThreads - kGroup; first >= 0; first -= kGroup) {
        for (int phase = 0; phase < Kernel::kPhases; ++phase) {
          for (int thread = first + kGroup - 1; thread >= first; --thread) {
            kernel.phase(phase, {block, thread}, shared);
          }
        }
      }
    }
  }

  static float operand(const void* data, std::int64_t at, cuda::OperandType type) {
    if (type == cuda::OperandType::kFloat16 || type == cuda::OperandType::kFloat16x3) {
      return cuda::load(data, at, cuda::Element::kFloat16);
    }
    if (type == cuda::OperandType::kBfloat16) return cuda::load(data, at, cuda::Element::kBfloat16);
    return cuda::load(data, at, cuda::Element::kFloat32);
  }

  static std::vector<float> operands(const void* data, std::int64_t count, cuda::OperandType type) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (std::int64_t k = 0; k < count; ++k) values[k] = operand(data, k, type);
    return values;
  }

  static void multiply(const cuda::Product& p) {
    const auto rows = operands(p.rows_data, p.rows * p.width, p.type);
    const auto picked = operands(p.picked_data, p.columns * p.width, p.type);
    for (std::int64_t r = 0; r < p.rows; ++r) {
      for (std::int64_t j = 0; j < p.columns; ++j) {
        p.products[r * p.columns + j] = static_cast<float>(
            std::inner_product(rows.data() + r * p.width, rows.data() + (r + 1) * p.width,
                               picked.data() + j * p.width, 0.0));
      }
    }
  }

  /// Rows beyond the last are written too, as the device does; what is there means nothing.
  static void multiply_and_add(const cuda::FusedProduct& p) {
    const auto rows = operands(p.rows_data, p.rows * p.width, p.type);
    const auto picked = operands(p.picked_data, p.columns * p.width, p.type);
    std::fill_n(p.partials, p.padded_rows() * p.column_tiles(), 0.0F);
    for (std::int64_t r = 0; r < p.rows; ++r) {
      for (std::int64_t j = 0; j < p.columns; ++j) {
        const double dot =
            std::inner_product(rows.data() + r * p.width, rows.data() + (r + 1) * p.width,
                               picked.data() + j * p.width, 0.0);
        const float v = p.logit->of(static_cast<float>(dot));
        p.partials[j / cuda::kFusedColumns * p.padded_rows() + r] +=
            p.contrast == Contrast::kSigmoid ? cuda::base2_softplus(v) : std::exp2(v);
      }
    }
  }

  LaneOrder order_ = LaneOrder::kAlternating;
  bool forked_ = false;
  std::vector<std::function<void()>> waiting_[cuda::kLanes];
};

struct TwinSelection {
  std::vector<std::int64_t> indices;
  std::vector<double> scores;
  cuda::DeviceReport report;
};

/// What the device would leave, and no check of it. Route kFused is the twin of that route.
inline TwinSelection twin_select(const cuda::DeviceCriterion& criterion, const SelectionSpec& spec,
                                 const cuda::Engine& engine,
                                 LaneOrder order = LaneOrder::kAlternating) {
  const auto bytes = static_cast<std::size_t>(cuda::workspace_bytes(criterion, spec, engine));
  std::vector<unsigned char> memory(bytes, 0xff);
  TwinSelection selection;
  selection.indices.resize(static_cast<std::size_t>(spec.count), -1);
  selection.scores.resize(static_cast<std::size_t>(spec.count), -1);
  const cuda::DeviceAnswer answer{selection.indices.data(), selection.scores.data(),
                                  &selection.report};
  cuda::Plan plan = cuda::plan_of(criterion, spec, engine);
  plan.fused = engine.route == cuda::Route::kFused && cuda::fits_fused(plan);
  const cuda::Arrays arrays = cuda::divided(plan, memory.data());
  HostExecutor executor(order);
  executor.launch(
      0, cuda::Each<cuda::SetParameters>{
             {.arrays = arrays, .parameters = cuda::parameters_of(criterion, spec, answer)}});
  cuda::Pipeline(plan, arrays, executor).run();
  return selection;
}

}  // namespace jest::oracle

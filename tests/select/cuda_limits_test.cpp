// What the CUDA pipeline enqueues against what devices of compute capability 8.0 and 9.0 take:
// sizes of launches, alignment of what is read 16 bytes at a time, bounds of the memory that
// products write, and no order between two lanes but the one that is asked for.
#include <gtest/gtest.h>

#include <random>

#include "oracle/device_pairs.hpp"
#include "oracle/host_twin.hpp"
#include "oracle/random_embeddings.hpp"
#include "select/cuda/launch_count.hpp"

namespace jest {
namespace {

constexpr std::int64_t kMostBlocks = (std::int64_t{1} << 31) - 1;
constexpr int kMostThreads = 1024;
constexpr std::size_t kMostStaticShared = 48 << 10;
constexpr std::size_t kMostParameterBytes = 4096;
constexpr std::size_t kSharedAlignment = 16;  // run.cuh
constexpr std::int64_t kMostInt = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kVectorBytes =
    16;  // of one load, of cuBLASLt's and of a TMA's addresses and rows

/// Takes a pipeline and keeps what a device could refuse.
class Limits {
 public:
  Limits(const cuda::Plan& plan, const cuda::Arrays& arrays) : plan_(plan), arrays_(arrays) {}

  template <class Kernel>
  void launch(int lane, const Kernel& kernel) {
    static_assert(Kernel::kThreads % cuda::kWarp == 0 && Kernel::kThreads <= kMostThreads);
    static_assert(sizeof(typename Kernel::Shared) <= kMostStaticShared);
    static_assert(alignof(typename Kernel::Shared) <= kSharedAlignment);
    static_assert(sizeof(Kernel) <= kMostParameterBytes);
    expect(kernel.blocks() >= 1 && kernel.blocks() <= kMostBlocks, "blocks");
    expect(forked_ || lane == 0, "a lane outside of a fork");
    check(kernel);
  }

  void sort(const cuda::Arrays&, std::int64_t size) { count(arrays_, size); }
  void count(const cuda::Arrays&, std::int64_t size) {
    expect(size >= 1 && size <= kMostInt && !forked_, "a sort");
    expect(aligned(arrays_.sort_workspace, cuda::kAlignment), "a sort's workspace");
  }

  void product(int lane, const cuda::Product& p) {
    check_operands(lane, p);
    expect(aligned(p.products, kVectorBytes) && p.columns % cuda::kColumnStep == 0, "logits");
    expect(p.rows * p.columns <= plan_.tile_rows() * plan_.slice_stride(), "logits beyond a tile");
    expect(aligned(arrays_.product_workspaces[lane], cuda::kAlignment), "a product's workspace");
  }
  void fused_product(int lane, const cuda::FusedProduct& p) {
    check_operands(lane, p);
    expect(aligned(p.partials, kVectorBytes), "partial sums");
    expect(p.padded_rows() * p.column_tiles() <= plan_.tile_rows() * plan_.slice_stride(),
           "partial sums beyond a tile");
  }

  void fork() { forked_ = true; }
  void join() { forked_ = false; }
  const std::string& fault() const { return fault_; }

 private:
  template <class Any>
  void check_operands(int lane, const Any& p) {
    expect(forked_, "a product outside of a fork");
    expect(aligned(p.rows_data, kVectorBytes) && aligned(p.picked_data, kVectorBytes), "operands");
    expect(p.width * cuda::bytes_of(p.type) % kVectorBytes == 0, "a row of operands");
    expect(p.rows >= 1 && p.columns >= 1 && p.rows * p.width <= kMostInt, "sizes");
    expect(p.rows <= plan_.tile_rows() && p.rows_data == arrays_.tiles[lane],
           "another lane's tile");
  }

  template <class Kernel>
  void check(const Kernel&) {}
  template <class Sum>
  void check(const cuda::AddRowSums<Sum>& kernel) {
    expect(kernel.stride * 4 % kVectorBytes == 0 && aligned(kernel.products, kVectorBytes),
           "logits");
    expect(kernel.columns <= kernel.stride, "columns beyond a row");
  }
  void check(const cuda::PackRows& kernel) {
    const std::int64_t rows =
        kernel.role == cuda::Role::kPicked ? plan_.slice_stride() : plan_.tile_rows();
    expect(kernel.rows <= rows && kernel.count <= kernel.rows, "rows beyond a tile");
  }

  static bool aligned(const void* pointer, std::int64_t bytes) {
    return reinterpret_cast<std::uintptr_t>(pointer) % static_cast<std::uintptr_t>(bytes) == 0;
  }
  void expect(bool holds, const char* what) {
    if (!holds && fault_.empty()) fault_ = what;
  }

  cuda::Plan plan_;
  cuda::Arrays arrays_;
  bool forked_ = false;
  std::string fault_;
};

std::string fault_of(const cuda::Plan& plan) {
  const cuda::Arrays arrays = cuda::divided(plan, reinterpret_cast<void*>(cuda::kAlignment));
  Limits limits(plan, arrays);
  cuda::Pipeline(plan, arrays, limits).run();
  return limits.fault();
}

class RandomPlans {
 public:
  explicit RandomPlans(std::uint64_t seed) : random_(seed) {}

  cuda::Plan next() {
    cuda::Plan plan{.candidates = below(std::int64_t{1} << below(18))};
    plan.count = below(plan.candidates);
    plan.chunks = below(std::min<std::int64_t>(plan.count, 40));
    plan.criterion = static_cast<cuda::Criterion>(below(3) - 1);
    plan.named = below(2) == 1;
    if (plan.criterion == cuda::Criterion::kContrastive) add_models(plan);
    if (plan.criterion == cuda::Criterion::kLinear) plan.features.width = below(1500);
    if (plan.criterion == cuda::Criterion::kLosses) plan.interacts = false;
    return plan;
  }

 private:
  std::int64_t below(std::int64_t most) {  // and at least 1
    return std::uniform_int_distribution<std::int64_t>(1, most)(random_);
  }

  void add_models(cuda::Plan& plan) {
    const auto operand = static_cast<cuda::OperandType>(below(5) - 1);
    for (cuda::ModelPlan& model : plan.models) {
      if (below(5) > 1) model = {below(1500), cuda::Element::kFloat32, operand};
    }
    plan.contrast = below(2) == 1 ? Contrast::kSigmoid : Contrast::kSoftmax;
    plan.mean_field = below(4) == 1 && plan.candidates <= 20000;
    if (plan.mean_field) plan.chunks = 1;
    plan.include_positive = plan.contrast == Contrast::kSoftmax && below(2) == 1;
    plan.fused = cuda::fits_fused(plan) && below(2) == 1;
  }

  std::mt19937_64 random_;
};

TEST(CudaLimits, HoldForRandomPlans) {
  RandomPlans plans(31);
  for (int k = 0; k < 3000; ++k) {
    const cuda::Plan plan = plans.next();
    ASSERT_EQ(fault_of(plan), "") << "B " << plan.candidates << " b " << plan.count << " N "
                                  << plan.chunks << " d " << plan.models[0].width << " fused "
                                  << plan.fused << " mean field " << plan.mean_field;
  }
}

TEST(CudaLimits, HoldForTheLargestSuperBatch) {
  cuda::Plan plan{.candidates = cuda::kMostCandidates, .count = cuda::kMostCandidates / 5};
  plan.models[0].width = plan.models[1].width = 1152;
  EXPECT_EQ(fault_of(plan), "");
  plan.criterion = cuda::Criterion::kLinear;
  plan.features.width = 1 << 14;
  plan.chunks = 2;
  EXPECT_EQ(fault_of(plan), "");
}

/// B = 163,840, b = 32,768, N = 16, d = 768.
TEST(CudaLimits, MemoryAtTheHeadlinesShape) {
  const cuda::DeviceMatrix rows{reinterpret_cast<void*>(cuda::kAlignment), 163840, 768, 768};
  const cuda::DeviceEmbeddings model{rows, rows};
  const SelectionSpec spec{.count = 32768, .sampling = {.chunks = 16}};
  const cuda::DevicePairs pairs{.learner = model, .reference = model};
  EXPECT_LE(cuda::workspace_bytes(pairs, spec, {}), 600'000'000);
}

/// Also blocks, threads and warps in other orders: see HostExecutor.
TEST(CudaLanes, AreOrderedByForksAndJoinsAlone) {
  const auto models = oracle::random_models({700, 5}, 4);
  for (const auto contrast : {Contrast::kSigmoid, Contrast::kSoftmax}) {
    for (const auto route : {cuda::Route::kProducts, cuda::Route::kFused}) {
      cuda::DevicePairs pairs = oracle::device_pairs(models.pairs<SigmoidPairs>());
      pairs.contrast = contrast;
      for (const Preset preset : {Preset::kJoint, Preset::kMeanField}) {
        if (preset == Preset::kMeanField && route == cuda::Route::kFused) continue;
        SelectionSpec spec{.count = 200, .sampling = {.preset = preset, .gain = 3}};
        if (preset == Preset::kJoint) spec.sampling.chunks = 4;
        const auto want = oracle::twin_select(pairs, spec, {.route = route});
        for (const auto order : {oracle::LaneOrder::kFirstLane, oracle::LaneOrder::kSecondLane}) {
          const auto got = oracle::twin_select(pairs, spec, {.route = route}, order);
          EXPECT_EQ(got.indices, want.indices);
          EXPECT_EQ(got.scores, want.scores);
          EXPECT_EQ(got.report.own_score_deviation, want.report.own_score_deviation);
        }
      }
    }
  }
}

}  // namespace
}  // namespace jest

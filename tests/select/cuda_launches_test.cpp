// What the CUDA pipeline asks of an executor: how many launches, and an end to every fork.
#include <gtest/gtest.h>

#include "oracle/device_pairs.hpp"
#include "oracle/host_twin.hpp"
#include "oracle/random_embeddings.hpp"
#include "select/cuda/launch_count.hpp"

namespace jest {
namespace {

/// The host's executor, which counts what it is given and can refuse a product.
class Watched : public oracle::HostExecutor {
 public:
  template <class Kernel>
  void launch(int lane, const Kernel& kernel) {
    ++given;
    HostExecutor::launch(lane, kernel);
  }
  void sort(const cuda::Arrays& arrays, std::int64_t size) {
    ++given;
    HostExecutor::sort(arrays, size);
  }
  void count(const cuda::Arrays& arrays, std::int64_t size) {
    ++given;
    HostExecutor::count(arrays, size);
  }
  void product(int lane, const cuda::Product& product) {
    ++given;
    if (++products == refused) throw Error("no algorithm fits");
    HostExecutor::product(lane, product);
  }
  void fork() {
    forked = true;
    HostExecutor::fork();
  }
  void join() {
    forked = false;
    HostExecutor::join();
  }

  std::int64_t given = 0;
  std::int64_t products = 0;
  std::int64_t refused = 0;
  bool forked = false;
};

class CudaPipeline : public ::testing::Test {
 protected:
  void run(const SelectionSpec& spec) {
    const oracle::TwoModels models = oracle::random_models({900, 3}, 4);
    const auto criterion = oracle::device_pairs(models.pairs<SigmoidPairs>());
    plan = cuda::plan_of(criterion, spec, {});
    memory.resize(static_cast<std::size_t>(cuda::workspace_bytes(criterion, spec, {})));
    arrays = cuda::divided(plan, memory.data());
    std::vector<std::int64_t> indices(static_cast<std::size_t>(spec.count));
    std::vector<double> scores(indices.size());
    cuda::DeviceReport report;
    executor.launch(0, cuda::Each<cuda::SetParameters>{
                           {.arrays = arrays,
                            .parameters = cuda::parameters_of(
                                criterion, spec, {indices.data(), scores.data(), &report})}});
    executor.given = 0;
    cuda::Pipeline(plan, arrays, executor).run();
  }

  cuda::Plan plan;
  std::vector<unsigned char> memory;
  cuda::Arrays arrays;
  Watched executor;
};

TEST_F(CudaPipeline, CountsItsLaunches) {
  for (const Preset preset : {Preset::kJoint, Preset::kMeanField, Preset::kIndependent}) {
    run({.count = 300, .sampling = {.preset = preset, .chunks = preset == Preset::kJoint ? 3 : 1}});
    EXPECT_GT(executor.given, 0);
    EXPECT_EQ(cuda::launches_of(plan, arrays), executor.given);
  }
}

/// Lane 1 must not go on in memory that its owner lets go of.
TEST_F(CudaPipeline, JoinsItsLanesWhenAProductIsRefused) {
  for (const std::int64_t refused : {1, 2, 3}) {
    executor = {};
    executor.refused = refused;
    EXPECT_THROW(run({.count = 300, .sampling = {.chunks = 3}}), Error);
    EXPECT_FALSE(executor.forked);
  }
}

/// What bounds a graph is its launches: one round of conditioning on all candidates can have too
/// many.
TEST(CudaLaunches, OfMeanFieldGrowWithTheSquareOfTheSuperBatch) {
  const auto launches = [](std::int64_t candidates, Preset preset, std::int64_t chunks) {
    cuda::Plan plan{.candidates = candidates, .count = candidates / 5, .chunks = chunks};
    plan.models[0].width = plan.models[1].width = 512;
    plan.mean_field = preset == Preset::kMeanField;
    void* anywhere = reinterpret_cast<void*>(cuda::kAlignment);
    return cuda::launches_of(plan, cuda::divided(plan, anywhere));
  };
  EXPECT_LT(launches(16384, Preset::kJoint, 16), 1000);
  EXPECT_LT(launches(16384, Preset::kJoint, 1024), 1 << 15);
  EXPECT_GT(launches(262144, Preset::kMeanField, 1), 1 << 15);
}

}  // namespace
}  // namespace jest

// Models, optimizer, checkpoints and scorers on a device do what they do on the host.
#include "gpu/torch/on_device.hpp"
#include "jest/torch/tensor_sketch.hpp"
#include "jest/train/fused_adam.hpp"
#include "oracle/small_towers.hpp"
#include "oracle/temporary_folder.hpp"

namespace jest {
namespace {

using jest::testing::make_pairs;
using jest::testing::make_towers;
using jest::testing::VectorPairs;

struct Trained {
  std::vector<double> losses;
  NamedTensors state;
};

class CudaTraining : public gpu::OnTorchDevice {
 protected:
  VectorPairs moved(VectorPairs pairs, const at::Device& to) const {
    pairs.x = pairs.x.to(to);
    pairs.y = pairs.y.to(to);
    return pairs;
  }

  /// `steps` on top of `state`, if any. Without dropout, whose noise differs from device to device.
  Trained train(const at::Device& on, int steps, const NamedTensors& state = {},
                Precision precision = Precision::kFull) const {
    auto towers = make_towers(1);
    towers->dropout->options.p(0);
    towers->to(on);
    const auto optimizer = fused_adam(towers->parameters(), {.learning_rate = 1e-2});
    Learner learner(towers, *optimizer, Contrast::kSigmoid, precision);
    if (!state.empty()) learner.load_state(state);
    const auto batch = moved(make_pairs(64, 3), on);
    Trained result;
    for (int step = 0; step < steps; ++step) result.losses.push_back(learner.step(batch));
    result.state = learner.state();
    return result;
  }
};

void expect_near(const std::vector<double>& got, const std::vector<double>& want, double share) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t k = 0; k < got.size(); ++k) EXPECT_NEAR(got[k], want[k], share * want[k]) << k;
}

TEST_F(CudaTraining, FollowsTheHost) {
  expect_near(train(device, 30).losses, train(at::kCPU, 30).losses, 1e-3);
}

TEST_F(CudaTraining, InBfloat16Learns) {
  const auto losses = train(device, 40, {}, Precision::kBfloat16).losses;
  EXPECT_LT(losses.back(), 0.8 * losses.front());
}

TEST_F(CudaTraining, GoesOnFromACheckpointWithTheSameBits) {
  const Trained whole = train(device, 20);
  const Trained half = train(device, 10);
  const oracle::TemporaryFolder folder;
  save_tensors(folder.file("state"), half.state, {});
  const auto saved = load_tensors(SafetensorsFile(folder.file("state")));
  const Trained rest = train(device, 10, saved);
  for (const auto& [name, tensor] : rest.state) {
    if (!name.ends_with("exp_avg")) continue;
    EXPECT_EQ(tensor.device(), device) << name;
  }
  EXPECT_EQ(rest.losses, std::vector<double>(whole.losses.begin() + 10, whole.losses.end()));
}

TEST_F(CudaTraining, ScoresWhereTheModelIsAndMovesAStoredReferenceThere) {
  const auto pool = make_pairs(600, 4);
  const oracle::TemporaryFolder folder;
  auto guide = make_towers(7);
  write_embedding_store(folder.file("store"),
                        {score_embeddings(guide, pool, {}), torch::tensor(pool.names), "guide"});
  ReferenceModel stored(EmbeddingStore(folder.file("store"), "guide"));
  const auto picked = [&](const at::Device& on) {
    auto towers = make_towers(1);
    towers->to(on);
    const auto optimizer = fused_adam(towers->parameters(), {});
    Learner learner(towers, *optimizer);
    JointExampleScorer scorer(learner, stored, {.count = 60, .sampling = {.chunks = 4}, .seed = 3});
    return scorer.select(moved(pool, on), 5);
  };
  const Selection there = picked(device);
  EXPECT_EQ(there.statistics.backend, "cuda");
  std::vector<std::int64_t> got = there.indices;
  std::vector<std::int64_t> want = picked(at::kCPU).indices;
  std::ranges::sort(got);
  std::ranges::sort(want);
  std::vector<std::int64_t> shared;
  std::ranges::set_intersection(got, want, std::back_inserter(shared));
  EXPECT_GE(shared.size(), 57U);
}

TEST_F(CudaTraining, WritesStoresOfTensorsOnTheDevice) {
  const oracle::TemporaryFolder folder;
  const auto pool = moved(make_pairs(50, 4), device);
  auto guide = make_towers(7);
  guide->to(device);
  const Embeddings embeddings = score_embeddings(guide, pool, {});
  write_embedding_store(folder.file("store"), {embeddings, torch::tensor(pool.names), "g"});
  const EmbeddingStore store(folder.file("store"), "g");
  EXPECT_TRUE(store.gather(pool.names).x.equal(embeddings.x.cpu()));
  const at::Tensor losses = torch::rand({50}, device);
  write_loss_store(folder.file("losses"), {losses, torch::tensor(pool.names), "g"});
  EXPECT_TRUE(LossStore(folder.file("losses"), "g").gather(pool.names).equal(losses.cpu()));
}

TEST_F(CudaTraining, SketchesGradientsAsTheHostDoesAndAlwaysAlike) {
  torch::manual_seed(4);
  const at::Tensor logits = torch::randn({40, 12, 64});
  const at::Tensor hidden = torch::randn({40, 12, 32});
  const at::Tensor targets = torch::randint(64, {40, 12});
  const TensorSketch sketch({.errors = 64, .hidden = 32, .width = 128, .seed = 7});
  const auto features = [&](const at::Device& on) {
    return sketch.features(loss_errors(logits.to(on), targets.to(on)), hidden.to(on));
  };
  const at::Tensor there = features(device);
  EXPECT_EQ(there.device(), device);
  EXPECT_TRUE(there.cpu().allclose(features(at::kCPU), 1e-3, 1e-4));
  EXPECT_TRUE(there.equal(features(device)));
}

}  // namespace
}  // namespace jest

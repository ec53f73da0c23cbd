// Selection on tensors gives what selection on views gives, and leaves autograd alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "jest/select/cuda.hpp"
#include "jest/select/select.hpp"
#include "jest/torch/select.hpp"

namespace jest {
namespace {

constexpr std::int64_t kRows = 60;

Embeddings random_embeddings(std::int64_t seed, std::int64_t width = 8) {
  torch::manual_seed(seed);
  namespace F = torch::nn::functional;
  return {F::normalize(torch::randn({kRows, width})), F::normalize(torch::randn({kRows, width})),
          torch::scalar_tensor(10.0), torch::scalar_tensor(-5.0)};
}

const SelectionSpec kSpec{.count = 16, .sampling = {.chunks = 4}, .seed = 9, .step = 2};

EmbeddingsView view(const Embeddings& e) {
  return {matrix_view(e.x.data_ptr<float>(), e.x.size(0), e.x.size(1)),
          matrix_view(e.y.data_ptr<float>(), e.y.size(0), e.y.size(1)), 10, -5};
}

TEST(SelectTensors, PicksWhatViewsPick) {
  const Embeddings learner = random_embeddings(1);
  const Embeddings reference = random_embeddings(2, 5);
  const SigmoidPairs sigmoid{{view(learner), view(reference)}};
  EXPECT_EQ(select({learner, reference}, kSpec).indices, select(sigmoid, kSpec).indices);
  const SoftmaxPairs softmax{{view(learner), view(reference)}};
  EXPECT_EQ(select({learner, reference}, kSpec, {.contrast = Contrast::kSoftmax}).indices,
            select(softmax, kSpec).indices);
}

TEST(SelectTensors, ScaleAndBiasAreFittedAsToViews) {
  Embeddings pairs = random_embeddings(1);
  pairs.y = pairs.x.roll(1, 1).to(at::kHalf);
  pairs.x = pairs.x.roll(1, 1) + 0.3 * random_embeddings(2).x;
  for (const Contrast contrast : {Contrast::kSigmoid, Contrast::kSoftmax}) {
    const Embeddings fitted = fit_scale_and_bias(pairs, contrast);
    const Embeddings whole{pairs.x, pairs.y.to(at::kFloat), {}, {}};
    const LogitFit want = fit_scale_and_bias(view(whole).x, view(whole).y, contrast);
    EXPECT_EQ(fitted.scale.item<double>(), want.scale);
    EXPECT_EQ(fitted.bias.item<double>(), want.bias);
    EXPECT_TRUE(fitted.y.is_same(pairs.y));
  }
}

TEST(SelectTensors, TakesStridedRowsTransposesAndOtherFloatingTypes) {
  const Embeddings learner = random_embeddings(1);
  const Embeddings reference = random_embeddings(2);
  const auto expected = select({learner, reference}, kSpec).indices;
  Embeddings other = learner;
  other.x = torch::cat({learner.x, learner.x}, 1).slice(1, 0, 8);
  other.y = learner.y.t().contiguous().t();
  EXPECT_EQ(select({other, reference}, kSpec).indices, expected);
  other.x = learner.x.to(at::kDouble);
  EXPECT_EQ(select({other, reference}, kSpec).indices, expected);
}

TEST(SelectTensors, LetsNoGradientFlow) {
  Embeddings learner = random_embeddings(1);
  learner.x.requires_grad_();
  learner.scale.requires_grad_();
  const Selection picks = select({learner, random_embeddings(2)}, kSpec);
  EXPECT_FALSE(learner.x.grad().defined());
  EXPECT_FALSE(index_tensor(picks).requires_grad());
  EXPECT_EQ(index_tensor(picks).sizes(), (std::vector<std::int64_t>{16}));
}

TEST(SelectTensors, DoesNotLookAtAModelWithoutWeight) {
  const Embeddings one = random_embeddings(1);
  EXPECT_EQ(select({one, {}}, kSpec, {.weights = kHardLearner}).indices.size(), 16U);
  EXPECT_EQ(select({{}, one}, kSpec, {.weights = kEasyReference}).indices.size(), 16U);
}

TEST(SelectTensors, ReferenceChangesThePicks) {
  const Embeddings learner = random_embeddings(1);
  EXPECT_NE(select({learner, random_embeddings(2)}, kSpec).indices,
            select({learner, random_embeddings(3)}, kSpec).indices);
}

TEST(SelectTensors, RefusesWhatIsNoEmbedding) {
  const Embeddings good = random_embeddings(1);
  Embeddings bad = good;
  bad.x = torch::zeros({kRows, 8}, at::kLong);
  EXPECT_THROW(select({bad, good}, kSpec), Error);
  bad.x = good.x.slice(0, 0, 3);
  EXPECT_THROW(select({bad, good}, kSpec), Error);
  bad = good;
  bad.scale = torch::scalar_tensor(-1.0);
  EXPECT_THROW(select({bad, good}, kSpec), Error);
  EXPECT_THROW(select({{}, good}, kSpec), Error);
}

TEST(SelectTensors, SeparableLossesRankAlikeForAnyNumberOfChunks) {
  torch::manual_seed(4);
  const LossTensors losses{torch::rand({kRows}), torch::rand({kRows})};
  const auto topk = select(losses, {.count = 10, .sampling = {.preset = Preset::kTopK}}).indices;
  EXPECT_EQ(select(losses, {.count = 10, .sampling = {.preset = Preset::kGreedy}}).indices, topk);
  const at::Tensor learnability = losses.learner - losses.reference;
  const at::Tensor expected = std::get<1>(learnability.topk(10));
  EXPECT_TRUE(index_tensor({topk, {}, {}}).equal(expected));
}

/// What README.md shows: picks of losses that a loop has, trained on by the same forward pass.
TEST(SelectTensors, LossesOfALoopTrainOnThePicks) {
  torch::manual_seed(6);
  const at::Tensor learner_losses = torch::rand({kRows}).requires_grad_();
  const at::Tensor guide_losses = torch::rand({kRows});
  const std::int64_t step = 3;
  // [readme-losses]
  const jest::LossTensors losses{learner_losses, guide_losses};  // one an example, of both models
  const jest::Selection picks = jest::select(losses, {.count = 16, .seed = 7, .step = step});
  const at::Tensor rows = jest::index_tensor(picks);
  const at::Tensor loss = learner_losses.index_select(0, rows).mean();  // train on this
  // [readme-losses]
  loss.backward();
  const at::Tensor expected = torch::zeros({kRows}).index_fill(0, rows, 1.0 / 16);
  EXPECT_TRUE(learner_losses.grad().allclose(expected));
}

TEST(SelectTensors, AlignmentPicksWhatViewsPick) {
  torch::manual_seed(5);
  const at::Tensor features = torch::randn({kRows, 7});
  const at::Tensor direction = torch::randn({7}).requires_grad_();
  const at::Tensor added = torch::randn({kRows}, at::kDouble);
  SelectionSpec spec = kSpec;
  spec.sampling.gain = 3;
  spec.sampling.interaction.value = 0.8;
  const GradientAlignment views{matrix_view(features.data_ptr<float>(), kRows, 7),
                                {direction.data_ptr<float>(), 7},
                                0.3,
                                {added.data_ptr<double>(), std::size_t{kRows}}};
  const auto expected = select(views, spec);
  EXPECT_EQ(select(AlignmentTensors{features, direction, added}, spec, {0.3}).scores,
            expected.scores);
  const AlignmentTensors other{features.t().contiguous().t().to(at::kDouble), direction, added};
  EXPECT_EQ(select(other, spec, {0.3}).indices, expected.indices);
  EXPECT_NE(select(AlignmentTensors{features, direction, {}}, spec, {0.3}).indices,
            expected.indices);
  SelectionSpec alone = spec;
  alone.sampling.interaction.value = 0;
  EXPECT_NE(select(AlignmentTensors{features, direction, added}, alone, {0.3}).indices,
            expected.indices);
  EXPECT_THROW(select(AlignmentTensors{direction, direction, {}}, spec), Error);
  EXPECT_THROW(select(AlignmentTensors{features, {}, {}}, spec), Error);
  EXPECT_THROW(select(AlignmentTensors{features, direction, added.slice(0, 1)}, spec), Error);
}

TEST(SelectTensors, CudaBackendIsRefusedByABuildWithoutOne) {
  if (cuda::available()) GTEST_SKIP() << "this build has the CUDA backend";
  SelectionSpec spec = kSpec;
  spec.backend = Backend::kCuda;
  EXPECT_THROW(select({random_embeddings(1), random_embeddings(2)}, spec), Error);
}

}  // namespace
}  // namespace jest

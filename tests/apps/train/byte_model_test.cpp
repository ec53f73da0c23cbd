// The bundled language models: causal, of a known cost, and the same after a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "jest/learner/scoring.hpp"
#include "oracle/message_of.hpp"
#include "oracle/safetensors_bytes.hpp"
#include "oracle/temporary_folder.hpp"
#include "train/model_file.hpp"
#include "train/text/byte_model.hpp"

namespace jest::apps::train {
namespace {

constexpr std::int64_t kSequences = 5;
constexpr std::int64_t kLength = 12;

class ByteModels : public ::testing::TestWithParam<std::string> {
 protected:
  ByteModels() {
    std::vector<std::uint8_t> bytes(kSequences * kLength);
    for (std::size_t k = 0; k < bytes.size(); ++k) bytes[k] = static_cast<std::uint8_t>(k * k * 37);
    const std::vector<std::int64_t> ids = {0, 1, 2, 3, 4};
    write_safetensors(folder_.file("t"),
                      {{"bytes", {"U8", {kSequences, kLength}, oracle::bytes_of(bytes)}},
                       {"ids", {"I64", {kSequences}, oracle::bytes_of(ids)}}},
                      {});
    table_ = read_bytes(folder_.file("t"));
  }

  ByteModel model(std::uint64_t seed = 1) const {
    return make_byte_model({.kind = GetParam(), .width = 8, .hidden = 16, .heads = 2}, seed);
  }
  ByteBatch batch() const { return ByteBatch({table_, all_rows(*table_)}); }

  oracle::TemporaryFolder folder_;
  std::shared_ptr<const ByteTable> table_;
};

TEST_P(ByteModels, StatesDependOnEarlierBytesAlone) {
  const ByteModel model = this->model();
  const torch::NoGradGuard no_gradient;
  at::Tensor bytes = batch().bytes();
  const at::Tensor before = model->states(bytes);
  bytes.select(1, 6).add_(1);
  const at::Tensor after = model->states(bytes);
  EXPECT_TRUE(before.slice(1, 0, 7).allclose(after.slice(1, 0, 7), 1e-6, 1e-6));
  EXPECT_FALSE(before.select(1, 7).allclose(after.select(1, 7), 1e-3, 1e-3));
}

TEST_P(ByteModels, LossIsTheMeanOverBytes) {
  ByteModel model = this->model();
  // Loss of one prefix by the mean of its bytes' own: L·mean(L) − (L−1)·mean(L−1) is the last
  // one's.
  const torch::NoGradGuard no_gradient;
  const at::Tensor losses = model->losses(batch());
  EXPECT_TRUE(model->token_losses(batch()).mean(1).allclose(losses));
  at::Tensor total = torch::zeros({kSequences});
  for (std::int64_t n = kLength; n > 0; --n) {
    const at::Tensor shorter =
        n == 1 ? torch::zeros({kSequences}) : (n - 1) * model->losses(batch().prefix(n - 1));
    total += n * model->losses(batch().prefix(n)) - shorter;
  }
  EXPECT_TRUE(losses.allclose(total / kLength, 1e-4, 1e-4));
  EXPECT_NEAR(losses.mean().item<double>(), std::log(256.0), 0.5) << "untrained: about uniform";
}

// The sketch of a matrix G is that of its rows against the unit vectors.
TEST_P(ByteModels, FeaturesAreSketchesOfTheLastLayersGradient) {
  const ByteModel model = this->model();
  const LossesAndFeatures scored = model->losses_and_features(batch());
  EXPECT_TRUE(scored.losses.allclose(model->losses(batch()), 1e-5, 1e-6));
  const TensorSketch sketch({.errors = kBytes, .hidden = 16, .width = kSketch});
  for (std::int64_t row = 0; row < kSequences; ++row) {
    model->zero_grad();
    model->losses(batch().at({row})).sum().backward();
    const at::Tensor gradient = model->named_parameters()["output.weight"].grad().unsqueeze(0);
    const at::Tensor expected = sketch.features(torch::eye(kBytes).unsqueeze(0), gradient);
    EXPECT_TRUE(scored.features[row].allclose(expected[0], 1e-3, 1e-4)) << row;
  }
}

TEST_P(ByteModels, AreAFunctionOfTheSeed) {
  EXPECT_TRUE(model(3)->losses(batch()).equal(model(3)->losses(batch())));
  EXPECT_FALSE(model(3)->losses(batch()).equal(model(4)->losses(batch())));
}

TEST_P(ByteModels, ComeBackFromAFile) {
  const ByteModel model = this->model();
  save_model(folder_.file("m"), *model, model->metadata());
  const ByteModel loaded = load_byte_model(SafetensorsFile(folder_.file("m")));
  EXPECT_TRUE(loaded->losses(batch()).equal(model->losses(batch())));
}

TEST_P(ByteModels, OfAnotherArchitectureAreRefused) {
  const ByteModel model = this->model();
  save_model(folder_.file("m"), *model, {{"architecture", "another"}});
  EXPECT_THAT(oracle::message_of([&] { load_byte_model(SafetensorsFile(folder_.file("m"))); }),
              ::testing::HasSubstr("another"));
  Metadata metadata = model->metadata();
  metadata["hidden"] = "many";
  save_model(folder_.file("m"), *model, metadata);
  EXPECT_THAT(oracle::message_of([&] { load_byte_model(SafetensorsFile(folder_.file("m"))); }),
              ::testing::HasSubstr("hidden"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, ByteModels, ::testing::Values("ngrams", "decoder"),
                         [](const auto& kind) { return kind.param; });

TEST(ByteNgrams, CostIsThatOfTheirLayers) {
  const ByteModelSpec spec{.kind = "ngrams", .width = 32, .hidden = 128, .layers = 2};
  const double position = 2.0 * (192 * 128 + 128 * 128 + 128 * 256);
  EXPECT_DOUBLE_EQ(make_byte_model(spec, 0)->forward_flops(160), 160 * position);
}

TEST(ByteDecoder, CostIsThatOfItsProducts) {
  const ByteModelSpec spec{.kind = "decoder", .hidden = 64, .layers = 3, .heads = 2};
  const double block = 2.0 * 12 * 64 * 64 + 2.0 * 10 * 64;
  EXPECT_DOUBLE_EQ(make_byte_model(spec, 0)->forward_flops(10), 10 * (3 * block + 2.0 * 64 * 256));
}

TEST(ByteDecoder, RefusesHeadsThatDoNotFit) {
  const ByteModelSpec spec{.kind = "decoder", .hidden = 66, .layers = 1, .heads = 4};
  EXPECT_THAT(oracle::message_of([&] { make_byte_model(spec, 0); }),
              ::testing::HasSubstr("4 heads"));
}

// Without positions, one block would see earlier bytes as a set: their order must matter.
TEST(ByteDecoder, TellsPositionsApart) {
  const torch::NoGradGuard no_gradient;
  const ByteModel model =
      make_byte_model({.kind = "decoder", .hidden = 16, .layers = 1, .heads = 2}, 1);
  at::Tensor one = torch::tensor({1, 2, 3, 4}, at::kByte).view({1, 4});
  at::Tensor other = torch::tensor({2, 1, 3, 4}, at::kByte).view({1, 4});
  EXPECT_FALSE(model->states(one).select(1, 3).allclose(model->states(other).select(1, 3)));
}

}  // namespace
}  // namespace jest::apps::train

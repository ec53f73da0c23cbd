// The bundled image towers: two resolutions, their costs, files, and pictures for the eye.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "jest/core/cost.hpp"
#include "jest/learner/objective.hpp"
#include "jest/torch/losses.hpp"
#include "oracle/message_of.hpp"
#include "oracle/safetensors_bytes.hpp"
#include "train/images/glyph_towers.hpp"
#include "train/images/picture.hpp"
#include "train/model_file.hpp"

namespace jest::apps::train {
namespace {

constexpr std::int64_t kGlyphs = 5;
constexpr std::int64_t kSide = 16;

class Glyphs : public ::testing::Test {
 protected:
  Glyphs() {
    std::vector<std::uint8_t> pixels(kGlyphs * kSide * kSide);
    for (std::size_t k = 0; k < pixels.size(); ++k) pixels[k] = static_cast<std::uint8_t>(k * k);
    const std::vector<std::int64_t> ids = {0, 1, 2, 3, 4};
    const std::vector<std::int32_t> names = {0, 1, 2, 3, 4};
    folder_.write("names.txt", "A\nB\nC\nD\nE\n");
    write_safetensors(folder_.file("t"),
                      {{"images", {"U8", {kGlyphs, kSide, kSide}, oracle::bytes_of(pixels)}},
                       {"names", {"I32", {kGlyphs}, oracle::bytes_of(names)}},
                       {"ids", {"I64", {kGlyphs}, oracle::bytes_of(ids)}}},
                      {});
    const auto table = read_named_images(folder_.file("t"));
    batch_.emplace(TableRows<NamedImages>(table, all_rows(*table)));
  }

  oracle::TemporaryFolder folder_;
  std::optional<ImageBatch> batch_;
  GlyphTowers towers_ =
      make_glyph_towers({.side = kSide, .channels = 4, .hidden = 8, .width = 8, .embedding = 8}, 1);
};

TEST_F(Glyphs, EmbeddingsAreOfLengthOne) {
  for (const Resolution resolution : {Resolution::kFull, Resolution::kHalf}) {
    const Embeddings e = towers_->embed(batch_->seen_at(resolution));
    EXPECT_TRUE(e.x.norm(2, 1).allclose(torch::ones({kGlyphs}), 1e-4, 1e-5));
    EXPECT_TRUE(e.y.norm(2, 1).allclose(torch::ones({kGlyphs}), 1e-4, 1e-5));
  }
}

TEST_F(Glyphs, HalfResolutionSeesMeansOfFourPixelsAndStretchesWhatItFound) {
  namespace nn = torch::nn;
  const torch::NoGradGuard no_gradient;
  const auto modules = towers_->named_children();
  const auto convolutions = std::dynamic_pointer_cast<nn::SequentialImpl>(modules["convolutions"]);
  const auto full = std::dynamic_pointer_cast<nn::LinearImpl>(modules["full"]);
  const auto image = std::dynamic_pointer_cast<nn::LinearImpl>(modules["image"]);
  const at::Tensor found = convolutions->forward(at::avg_pool2d(batch_->images(), {2, 2}));
  const at::Tensor stretched = found.repeat_interleave(2, 2).repeat_interleave(2, 3).flatten(1);
  const at::Tensor expected =
      nn::functional::normalize(image->forward(torch::relu(full->forward(stretched))));
  const at::Tensor half = towers_->embed(batch_->seen_at(Resolution::kHalf)).x;
  EXPECT_TRUE(half.allclose(expected, 1e-4, 1e-6));
  EXPECT_FALSE(half.allclose(towers_->embed(*batch_).x, 1e-3, 1e-3));
}

TEST_F(Glyphs, AMixedBatchTrainsItsShareAtHalfResolution) {
  const torch::NoGradGuard no_gradient;
  const Embeddings full = towers_->embed(*batch_);
  const Embeddings half = towers_->embed(batch_->seen_at(Resolution::kHalf));
  at::Tensor x = full.x.clone();
  for (std::int64_t k = 0; k < kGlyphs; k += 2) x[k] = half.x[k];
  const at::Tensor expected = sigmoid_loss({x, full.y, full.scale, full.bias});
  const at::Tensor loss = OwnLoss()(towers_, batch_->mixed(0.5));
  EXPECT_NEAR(loss.item<double>(), expected.item<double>(), 1e-5);
  EXPECT_NE(loss.item<double>(), OwnLoss()(towers_, *batch_).item<double>());
  EXPECT_TRUE(towers_->embed(batch_->mixed(0.5)).x.allclose(x, 1e-5, 1e-6));
  EXPECT_TRUE(towers_->embed(batch_->mixed(0.5)).y.allclose(full.y, 1e-5, 1e-6));
}

TEST_F(Glyphs, OneExampleCanBeMixed) {
  EXPECT_NO_THROW(OwnLoss()(towers_, batch_->at({3}).mixed(0.5)));
}

// method.md 5: flexi at q = 1/2 and B/b = 5 must stay within 1.2 times uniform's cost.
TEST(GlyphTowers, AtHalfResolutionAreCheapEnoughForFlexi) {
  const GlyphTowers towers = make_glyph_towers({}, 0);
  const double share =
      towers->forward_flops(Resolution::kHalf) / towers->forward_flops(Resolution::kFull);
  EXPECT_LT(IterationCost{}.flexi(share, 0.5), 1.2);
}

TEST(GlyphTowers, CostIsThatOfTheirProducts) {
  const double convolutions = 2.0 * (256 * 9 * 16 + 64 * 9 * 16 * 32 + 16 * 9 * 32 * 64);
  const double linear = 2.0 * (1024 * 256 + 256 * 128 + 128 * 128);
  EXPECT_DOUBLE_EQ(make_glyph_towers({}, 0)->forward_flops(Resolution::kFull),
                   convolutions + linear);
}

TEST_F(Glyphs, ComeBackFromAFile) {
  save_model(folder_.file("m"), *towers_, towers_->metadata());
  GlyphTowers loaded = load_glyph_towers(SafetensorsFile(folder_.file("m")));
  EXPECT_TRUE(loaded->embed(*batch_).x.equal(towers_->embed(*batch_).x));
  EXPECT_EQ(loaded->spec().side, kSide);
  save_model(folder_.file("m"), *towers_, {{"architecture", "another"}});
  EXPECT_THAT(oracle::message_of([&] { load_glyph_towers(SafetensorsFile(folder_.file("m"))); }),
              ::testing::HasSubstr("another"));
}

TEST(Pictures, AreBitmapsWithDarkInk) {
  const std::vector<std::uint8_t> pixels = {255, 0, 0, 0, 0, 0, 0, 0, 0};
  const std::string uri = picture_uri(pixels, 3);
  const std::string start = "data:image/bmp;base64,";
  ASSERT_TRUE(uri.starts_with(start));
  // A header of 54 bytes, 256 greys of 4 bytes, rows of 4 bytes: 1090 in all, 1456 digits.
  EXPECT_EQ(uri.size(), start.size() + 1456);
  EXPECT_TRUE(uri.starts_with(start + "Qk1CBAAA")) << "BM, then 1090 in four bytes";
  EXPECT_TRUE(uri.ends_with("/wAAAA==")) << "the top row comes last";
}

}  // namespace
}  // namespace jest::apps::train

// Towers for pictures of shards and their captions: resolutions, costs, files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "jest/core/cost.hpp"
#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"
#include "train/images/caption_towers.hpp"
#include "train/images/image_towers.hpp"
#include "train/images/picture.hpp"
#include "train/model_file.hpp"

namespace jest::apps::train {
namespace {

using ::testing::HasSubstr;

CaptionTowersSpec small(const std::string& kind) {
  return {.picture =
              {.kind = kind, .side = 32, .colours = 3, .channels = 8, .depth = 1, .embedding = 16},
          .buckets = 50,
          .width = 8,
          .hidden = 12};
}

std::int64_t parameters_in(torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const at::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

class PictureTowers : public ::testing::TestWithParam<std::string> {};

TEST_P(PictureTowers, SeeBothResolutions) {
  torch::manual_seed(3);
  const auto tower = make_picture_tower(small(GetParam()).picture);
  const at::Tensor pictures = torch::rand({5, 3, 32, 32});
  const at::Tensor full = tower->forward(pictures);
  const at::Tensor half = tower->forward(at::avg_pool2d(pictures, {2, 2}));
  EXPECT_EQ(full.sizes(), (at::IntArrayRef{5, 16}));
  EXPECT_EQ(half.sizes(), (at::IntArrayRef{5, 16}));
  EXPECT_FALSE(full.allclose(half, 1e-3, 1e-3));
}

TEST_P(PictureTowers, SeeAPictureAloneAsAmongOthers) {
  torch::manual_seed(3);
  const auto tower = make_picture_tower(small(GetParam()).picture);
  const at::Tensor pictures = torch::rand({5, 3, 32, 32});
  const at::Tensor all = tower->forward(pictures);
  EXPECT_TRUE(tower->forward(pictures.slice(0, 2, 3)).allclose(all.slice(0, 2, 3), 1e-4, 1e-5));
}

TEST_P(PictureTowers, HaveAsManyParametersAsIsSaid) {
  for (const std::int64_t depth : {1, 3}) {
    CaptionTowersSpec spec = small(GetParam());
    spec.picture.depth = depth;
    EXPECT_EQ(parameters_of(spec), parameters_in(*make_caption_towers(spec, 1)));
  }
}

TEST_P(PictureTowers, OfASeedAreTheSameAndComeBackFromAFile) {
  const oracle::TemporaryFolder folder;
  CaptionTowers towers = make_caption_towers(small(GetParam()), 7);
  save_model(folder.file("m"), *towers, towers->metadata());
  const ImageTowers loaded = load_image_towers(SafetensorsFile(folder.file("m")));
  EXPECT_EQ(loaded->side(), 32);
  EXPECT_EQ(loaded->colours(), 3);
  EXPECT_EQ(loaded->metadata(), towers->metadata());
  const CaptionTowers again = make_caption_towers(small(GetParam()), 7);
  for (const auto& item : towers->named_parameters()) {
    EXPECT_TRUE(loaded->named_parameters()[item.key()].equal(item.value())) << item.key();
    EXPECT_TRUE(again->named_parameters()[item.key()].equal(item.value())) << item.key();
  }
}

TEST_P(PictureTowers, OfAFileThatDoesNotHoldThemAreRefused) {
  const oracle::TemporaryFolder folder;
  CaptionTowers towers = make_caption_towers(small(GetParam()), 7);
  const auto said = [&](const char* key, const char* value) {
    Metadata metadata = towers->metadata();
    metadata[key] = value;
    save_model(folder.file("m"), *towers, metadata);
    return oracle::message_of([&] { load_image_towers(SafetensorsFile(folder.file("m"))); });
  };
  EXPECT_THAT(said("hidden", "16777216"), HasSubstr("parameters, as its metadata have it"));
  EXPECT_THAT(said("depth", "0"), HasSubstr("depth, from 1 to"));
  EXPECT_THAT(said("depth", "x"), HasSubstr("depth, from 1 to"));
  EXPECT_THAT(said("side", "40"), HasSubstr("40"));
  EXPECT_THAT(said("image_tower", "mlp"), HasSubstr("resnet, vit"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, PictureTowers, ::testing::Values("resnet", "vit"),
                         [](const auto& kind) { return kind.param; });

TEST(PictureTowerFlops, AreThoseOfConvolutionsAndLinearLayers) {
  // By hand: stem, then stages of sides 16, 8, 4 and 2, then the linear layer.
  constexpr double kStage = 147456 + 294912 + 16384;
  const auto resnet = make_picture_tower(small("resnet").picture);
  EXPECT_EQ(resnet->flops(32), 110592 + 589824 + 3 * kStage + 2048);
  EXPECT_LT(resnet->flops(16), 0.26 * resnet->flops(32));
  // Four tokens of width 32: patches, two layers (linears, attention), the linear layer.
  const auto vit = make_picture_tower({.kind = "vit", .side = 16, .channels = 4, .embedding = 16});
  EXPECT_EQ(vit->flops(16), 2 * (24576 + 2 * (49152 + 1024) + 512));
}

TEST(CaptionTowersFlops, CountBothSides) {
  const CaptionTowers towers = make_caption_towers(small("resnet"), 1);
  const double picture = make_picture_tower(small("resnet").picture)->flops(32);
  EXPECT_EQ(towers->forward_flops(Resolution::kFull, 5), picture + 5 * 8 + 2 * (8 * 12 + 12 * 16));
  EXPECT_LT(towers->forward_flops(Resolution::kHalf, 5),
            0.3 * towers->forward_flops(Resolution::kFull, 5));
}

TEST(ColourPicture, IsABitmapOfTheRightBytes) {
  std::vector<std::uint8_t> planes(3 * 96 * 96, 0);
  std::fill_n(planes.begin(), 96 * 96, 255);  // red
  const std::string uri = colour_picture_uri(planes, 96);
  EXPECT_TRUE(uri.starts_with("data:image/bmp;base64,Qk0"));
  EXPECT_EQ(uri.size(), 22 + (54 + 48 * 48 * 3 + 2) / 3 * 4);
  EXPECT_TRUE(uri.ends_with("AAD/AAD/"));  // blue, green, red
}

}  // namespace
}  // namespace jest::apps::train

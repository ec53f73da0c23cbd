// The classifier of `jest-train labels`: its loss by hand, its shapes, its file.
#include "train/labels/label_network.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "oracle/safetensors_bytes.hpp"
#include "train/convolutions.hpp"
#include "train/model_file.hpp"

namespace jest::apps::train {
namespace {

constexpr std::int64_t kPictures = 6;
constexpr LabelNetworkSpec kNetwork{.labels = 3, .side = 16, .channels = 4, .hidden = 5};

class LabelNetworkTest : public oracle::SafetensorsTest {
 protected:
  ImageBatch batch() {
    const std::int64_t side = kNetwork.side;
    std::vector<std::uint8_t> pixels(kPictures * side * side);
    for (std::size_t k = 0; k < pixels.size(); ++k) pixels[k] = (k * 37) % 251;
    std::vector<std::int32_t> names = {2, 0, 1, 1, 0, 2};
    std::vector<std::int64_t> ids = {5, 6, 7, 8, 9, 10};
    write_safetensors(folder_.file("t"),
                      {{"images", {"U8", {kPictures, side, side}, oracle::bytes_of(pixels)}},
                       {"names", {"I32", {kPictures}, oracle::bytes_of(names)}},
                       {"ids", {"I64", {kPictures}, oracle::bytes_of(ids)}}},
                      {});
    std::ofstream(folder_.file("names.txt")) << "a\nb\nc\n";
    const auto table = read_named_images(folder_.file("t"));
    return ImageBatch({table, all_rows(*table)});
  }
};

TEST_F(LabelNetworkTest, JoinedTablesKeepPicturesAndNames) {
  const ImageBatch all = batch();
  const auto pool = std::make_shared<const NamedImages>(all.rows().table());
  auto other = std::make_shared<NamedImages>(*pool);
  other->texts = {"d", "b", "e"};
  for (const auto& curated : {pool, std::shared_ptr<const NamedImages>(other)}) {
    const auto both = joined(pool, curated);
    const std::int64_t rows[] = {kPictures + 4, 1, kPictures};
    const std::int64_t of_curated[] = {4, 0}, of_pool[] = {1};
    const at::Tensor images = both->images(rows), own = curated->images(of_curated);
    EXPECT_TRUE(images[0].equal(own[0]));
    EXPECT_TRUE(images[1].equal(pool->images(of_pool)[0]));
    EXPECT_TRUE(images[2].equal(own[1]));
    EXPECT_TRUE(std::ranges::equal(both->image(kPictures + 4), curated->image(4)));
    EXPECT_EQ(both->name(kPictures), curated->name(0));
    EXPECT_EQ(both->name(1), pool->name(1));
    EXPECT_EQ(both->texts.size(), curated == pool ? 3U : 6U)
        << "one list of names is kept as it is";
  }
}

TEST_F(LabelNetworkTest, LossesAreCrossEntropies) {
  LabelNetwork network = make_label_network(kNetwork, 1);
  const ImageBatch examples = batch();
  const at::Tensor logits = network->logits(examples).detach();
  const at::Tensor losses = network->losses(examples);
  ASSERT_EQ(losses.sizes(), (std::vector<std::int64_t>{kPictures}));
  const std::int64_t labels[] = {2, 0, 1, 1, 0, 2};
  for (std::int64_t k = 0; k < kPictures; ++k) {
    double sum = 0;
    for (std::int64_t label = 0; label < 3; ++label) {
      sum += std::exp(logits[k][label].item<double>());
    }
    const double expected = std::log(sum) - logits[k][labels[k]].item<double>();
    EXPECT_NEAR(losses[k].item<double>(), expected, 1e-5);
  }
}

TEST_F(LabelNetworkTest, ConvolutionsEndAsTheyAreCounted) {
  torch::nn::Sequential convolutions = strided_convolutions(4);
  const at::Tensor out = convolutions->forward(torch::rand({2, 1, 32, 32}));
  EXPECT_EQ(out.flatten(1).size(1), convolved_features(4, 32));
  EXPECT_EQ(side_of_convolved(convolved_features(4, 32), 4), 32);
  // Places, inputs and outputs of every layer; nine weights each, two FLOPs.
  const double expected = 18.0 * (16 * 16 * 1 * 4 + 8 * 8 * 4 * 8 + 4 * 4 * 8 * 16);
  EXPECT_EQ(convolution_flops(4, 32), expected);
}

TEST_F(LabelNetworkTest, IsTheSameFromItsFileAndFromItsSeed) {
  LabelNetwork network = make_label_network(kNetwork, 1);
  const ImageBatch examples = batch();
  save_model(folder_.file("m"), *network, network->metadata());
  LabelNetwork loaded = load_label_network(SafetensorsFile(folder_.file("m")));
  EXPECT_TRUE(torch::equal(network->logits(examples), loaded->logits(examples)));
  EXPECT_EQ(loaded->forward_flops(), network->forward_flops());
  EXPECT_TRUE(
      torch::equal(network->logits(examples), make_label_network(kNetwork, 1)->logits(examples)));
  EXPECT_FALSE(
      torch::equal(network->logits(examples), make_label_network(kNetwork, 2)->logits(examples)));
}

}  // namespace
}  // namespace jest::apps::train

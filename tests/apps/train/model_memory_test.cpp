// What models take is known before they are made.
#include "train/model_memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "jest/methods/run.hpp"
#include "oracle/message_of.hpp"
#include "train/images/glyph_towers.hpp"
#include "train/labels/label_network.hpp"
#include "train/pairs/text_towers.hpp"
#include "train/text/byte_model.hpp"

namespace jest::apps::train {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

template <class Spec, class Model>
void expect_counted(const Spec& spec, const Model& model) {
  EXPECT_EQ(parameters_of(spec), static_cast<double>(parameter_count(*model)));
}

TEST(ModelMemory, CountsTheParametersOfEveryModel) {
  const TextTowersSpec towers{.buckets = 50, .width = 6, .hidden = 10};
  expect_counted(towers, make_text_towers(towers, 1));
  for (const std::int64_t layers : {1, 3}) {
    const ByteModelSpec ngrams{.width = 2, .hidden = 12, .layers = layers};
    expect_counted(ngrams, make_byte_model(ngrams, 1));
    const ByteModelSpec decoder{.kind = "decoder", .hidden = 16, .layers = layers, .heads = 2};
    expect_counted(decoder, make_byte_model(decoder, 1));
  }
  const LabelNetworkSpec labels{.labels = 5, .side = 24, .channels = 3, .hidden = 7};
  expect_counted(labels, make_label_network(labels, 1));
  const GlyphTowersSpec glyphs{.side = 32, .channels = 3, .hidden = 7, .width = 5, .embedding = 9};
  expect_counted(glyphs, make_glyph_towers(glyphs, 1));
}

TEST(ModelMemory, RefusesWhatNoMachineHolds) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  check_model_memory("--hidden", parameters_of(ByteModelSpec{}));
  for (const ByteModelSpec& spec :
       {ByteModelSpec{.width = kMost}, ByteModelSpec{.hidden = kMost},
        ByteModelSpec{.layers = kMost}, ByteModelSpec{.kind = "decoder", .hidden = kMost}}) {
    EXPECT_THAT(
        oracle::message_of([&] { check_model_memory("--width, --hidden", parameters_of(spec)); }),
        AllOf(HasSubstr("--width, --hidden: expected a model that trains in the"),
              HasSubstr("GiB of memory"), HasSubstr("GiB: weights")));
  }
}

}  // namespace
}  // namespace jest::apps::train

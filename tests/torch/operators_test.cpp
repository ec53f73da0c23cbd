// The registered operator, called the way Python calls it: through the dispatcher, by name.
#include <ATen/core/dispatch/Dispatcher.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>
#include <map>

#include "jest/torch/select.hpp"
#include "oracle/message_of.hpp"
#include "oracle/random_embeddings.hpp"
#include "oracle/tensors.hpp"

namespace jest {
namespace {

using oracle::message_of;
using ::testing::HasSubstr;

constexpr std::int64_t kCandidateRows = 60;
using Arguments = std::map<std::string, c10::IValue>;

/// Arguments by name; the schema's defaults for the others.
std::pair<at::Tensor, at::Tensor> call(const Arguments& given) {
  const auto operation = c10::Dispatcher::singleton().findSchemaOrThrow("jest::select", "");
  torch::jit::Stack stack;
  std::size_t used = 0;
  for (const c10::Argument& argument : operation.schema().arguments()) {
    const auto found = given.find(argument.name());
    used += found != given.end();
    stack.push_back(found != given.end() ? found->second
                                         : argument.default_value().value_or(c10::IValue()));
  }
  EXPECT_EQ(used, given.size()) << "an argument that the schema does not have";
  operation.callBoxed(stack);
  return {stack.at(0).toTensor(), stack.at(1).toTensor()};
}

class SelectOperator : public ::testing::Test {
 protected:
  Arguments arguments() const {
    return {{"learner_x", learner.x},
            {"learner_y", learner.y},
            {"reference_x", reference.x},
            {"reference_y", reference.y},
            {"count", 16},
            {"chunks", 4},
            {"gain", 3.0},  // at which noise has a say
            {"learner_scale", 10.0},
            {"learner_bias", -5.0},
            {"reference_scale", 10.0},
            {"reference_bias", -5.0},
            {"seed", 9},
            {"step", 2}};
  }
  Arguments with(const Arguments& changes) const {
    Arguments result = changes;
    result.merge(arguments());
    return result;
  }
  void expect_picks(const Arguments& changes, const SelectionSpec& spec,
                    const PairScore& score = {}) const {
    const auto [indices, scores] = call(with(changes));
    const Selection want = select({learner, reference, ids}, spec, score);
    EXPECT_TRUE(indices.equal(torch::tensor(want.indices)));
    EXPECT_TRUE(scores.equal(torch::tensor(want.scores, at::kDouble)));
  }

  Embeddings learner = oracle::random_tensors(kCandidateRows, 8, 1);
  Embeddings reference = oracle::random_tensors(kCandidateRows, 5, 2);
  at::Tensor ids;
  SelectionSpec spec{.count = 16, .sampling = {.chunks = 4, .gain = 3}, .seed = 9, .step = 2};
};

TEST_F(SelectOperator, PicksWhatSelectPicks) { expect_picks({}, spec); }

TEST_F(SelectOperator, PassesWhatASelectionIsAskedFor) {
  spec.sampling.chunks = {};
  expect_picks({{"chunks", c10::IValue()}}, spec);
  spec.sampling.preset = Preset::kGreedy;
  expect_picks({{"chunks", c10::IValue()}, {"preset", "greedy"}}, spec);
  spec = {.count = 17,
          .sampling = {.chunks = 5, .gain = 2},
          .seed = 8,
          .step = 5,
          .backend = Backend::kEigen};
  expect_picks({{"count", 17},
                {"chunks", 5},
                {"gain", 2.0},
                {"seed", 8},
                {"step", 5},
                {"backend", "eigen"},
                {"threads", 2}},
               spec);
}

TEST_F(SelectOperator, PassesHowPairsAreScored) {
  SelectionSpec repelled = spec;
  repelled.sampling.interaction.value = -0.25;
  expect_picks({{"learner_weight", 0.5},
                {"reference_weight", 2.0},
                {"interaction", -0.25},
                {"contrast", "softmax"}},
               repelled, {{0.5, 2}, Contrast::kSoftmax});
  learner.scale = torch::scalar_tensor(3.0);
  learner.bias = torch::scalar_tensor(-1.0);
  reference.scale = torch::scalar_tensor(4.0);
  reference.bias = torch::scalar_tensor(-2.0);
  expect_picks({{"learner_scale", 3.0},
                {"learner_bias", -1.0},
                {"reference_scale", 4.0},
                {"reference_bias", -2.0}},
               spec);
}

TEST_F(SelectOperator, PassesIds) {
  ids = torch::tensor(oracle::shuffled_ids(kCandidateRows, 3));
  expect_picks({{"ids", ids}}, spec);
}

TEST_F(SelectOperator, ReadsASeedAsUnsignedBits) {
  spec.seed = std::numeric_limits<std::uint64_t>::max();
  expect_picks({{"seed", -1}}, spec);
  spec.seed = std::uint64_t{1} << 63;
  expect_picks({{"seed", std::numeric_limits<std::int64_t>::min()}}, spec);
}

TEST_F(SelectOperator, NeedsNoTensorsOfAModelWithoutWeight) {
  Arguments alone = with({{"reference_weight", 0.0}});
  alone.erase("reference_x");
  alone.erase("reference_y");
  EXPECT_TRUE(
      call(alone).first.equal(torch::tensor(select({learner, {}}, spec, {kHardLearner}).indices)));
}

TEST_F(SelectOperator, GivesNoGradient) {
  const auto [indices, scores] = call(with({{"learner_x", learner.x.clone().requires_grad_()}}));
  EXPECT_FALSE(scores.requires_grad());
}

TEST_F(SelectOperator, TellsShapesWithoutValues) {
  Arguments meta = arguments();
  for (const char* name : {"learner_x", "learner_y", "reference_x", "reference_y"}) {
    meta[name] = meta[name].toTensor().to(at::kMeta);
  }
  const auto [indices, scores] = call(meta);
  EXPECT_TRUE(indices.is_meta() && scores.is_meta());
  EXPECT_EQ(indices.sizes(), (std::vector<std::int64_t>{16}));
  EXPECT_EQ(scores.sizes(), (std::vector<std::int64_t>{16}));
  EXPECT_EQ(indices.dtype(), at::kLong);
  EXPECT_EQ(scores.dtype(), at::kDouble);
  meta["learner_x"] = torch::empty({kCandidateRows}, at::kMeta);
  EXPECT_THAT(message_of([&] { call(meta); }), HasSubstr("[B, d]"));
}

TEST_F(SelectOperator, RefusesInOneLineThatNamesTheArgument) {
  const auto said = [&](const Arguments& changes) {
    return message_of([&] { call(with(changes)); });
  };
  EXPECT_THAT(said({{"count", 61}}), HasSubstr("count between 1 and the 60"));
  EXPECT_THAT(said({{"preset", "best"}}), HasSubstr("joint, independent, topk"));
  EXPECT_THAT(said({{"contrast", "cosine"}}), HasSubstr("sigmoid, softmax"));
  EXPECT_THAT(said({{"backend", "tpu"}}), HasSubstr("eigen"));
  EXPECT_THAT(said({{"step", -1}}), HasSubstr("step between 0 and 4294967295"));
  EXPECT_THAT(said({{"threads", 0}}), HasSubstr("at least one thread"));
  EXPECT_THAT(said({{"reference_x", c10::IValue()}}), HasSubstr("reference"));
  EXPECT_THAT(said({{"ids", torch::zeros({kCandidateRows}, at::kLong)}}),
              HasSubstr("distinct ids"));
}

}  // namespace
}  // namespace jest

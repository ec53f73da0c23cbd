// Forward passes that begin while rounds of the selection go on: the picks and the gradient of a
// step without them, on ranks too; what is refused; runs that resume.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "jest/methods/run.hpp"
#include "oracle/gloo_ranks.hpp"
#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"
#include "train/small_training.hpp"

namespace jest {
namespace {

using oracle::errors_of_worlds;
using oracle::message_of;
using ::testing::Each;
using ::testing::HasSubstr;
using testing::make_pairs;
using testing::make_towers;
using ::testing::SizeIs;
using testing::SmallTowers;
using testing::VectorPairs;
using Streamed = StreamedBatch<SmallTowers, VectorPairs>;

constexpr std::int64_t kStreamedFrom = 192;

SmallTowers towers_without_dropout(SmallTowers model) {
  model->dropout->options.p(0);
  return model;
}

ScorerSpec four_rounds(World* world = nullptr) {
  return {.count = 32, .sampling = {.chunks = 4, .gain = 5}, .seed = 3, .exchange = world};
}

std::vector<at::Tensor> gradients_by_parameter(const SmallTowers& model) {
  std::vector<at::Tensor> all;
  for (const at::Tensor& parameter : model->parameters()) all.push_back(parameter.grad().clone());
  return all;
}

void expect_near_gradients(const std::vector<at::Tensor>& got,
                           const std::vector<at::Tensor>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t k = 0; k < got.size(); ++k) {
    const double scale = std::max(1.0, want[k].abs().max().item<double>());
    EXPECT_LT((got[k] - want[k]).abs().max().item<double>(), 1e-5 * scale) << "parameter " << k;
  }
}

struct Streaming {
  Selection picks;
  std::vector<std::int64_t> positions = {};  ///< of this rank
  double loss = 0;
  std::vector<at::Tensor> gradients = {};
};

/// One step whose forward passes begin for `least` picks of a rank.
Streaming streamed_step(SmallTowers model, SmallTowers guide, const VectorPairs& super_batch,
                        std::int64_t least, World* world = nullptr) {
  torch::optim::SGD still(model->parameters(), 0.0);
  Learner learner(model, still, OwnLoss{}, Precision::kAmbient, {.world = world});
  ReferenceModel<SmallTowers> reference(guide);
  JointExampleScorer scorer(learner, reference, four_rounds(world));
  const std::int64_t number = 7;
  // [forward-ahead]
  Streamed streamed{learner.model(), super_batch, {.least = least, .exchange = world}};
  scorer.set_on_round([&](std::span<const std::int64_t> picks) { streamed.add(picks); });
  const jest::Selection picks = scorer.select(super_batch, number);
  const VectorPairs batch = super_batch.at(streamed.finish(picks.indices));
  const double loss = learner.step(batch, streamed.ahead());
  // [forward-ahead]
  Streaming step{picks, streamed.finish(picks.indices), loss};
  step.gradients = gradients_by_parameter(model);
  return step;
}

/// The same without.
Streaming unstreamed_step() {
  SmallTowers model = towers_without_dropout(make_towers(1));
  SmallTowers guide = make_towers(2);
  torch::optim::SGD still(model->parameters(), 0.0);
  Learner learner(model, still);
  ReferenceModel<SmallTowers> reference(guide);
  JointExampleScorer scorer(learner, reference, four_rounds());
  const VectorPairs super_batch = make_pairs(kStreamedFrom, 5);
  Streaming step{scorer.select(super_batch, 7)};
  step.loss = learner.step(super_batch.at(step.picks.indices));
  step.gradients = gradients_by_parameter(model);
  return step;
}

TEST(ForwardAhead, PicksAndGradientsAreThoseOfAStepWithoutIt) {
  const Streaming want = unstreamed_step();
  for (const std::int64_t least : {1, 8, 10, 32, 1000}) {
    const Streaming got = streamed_step(towers_without_dropout(make_towers(1)), make_towers(2),
                                        make_pairs(kStreamedFrom, 5), least);
    EXPECT_EQ(got.picks.indices, want.picks.indices) << least;
    EXPECT_EQ(got.positions, want.picks.indices) << least;
    EXPECT_NEAR(got.loss, want.loss, 1e-5);
    expect_near_gradients(got.gradients, want.gradients);
  }
}

TEST(ForwardAhead, RanksShareTheBatchOfOneProcess) {
  const Streaming want = unstreamed_step();
  const VectorPairs super_batch = make_pairs(kStreamedFrom, 5);
  for (const int ranks : {2, 3, 4}) {
    std::vector<SmallTowers> models;
    std::vector<SmallTowers> guides;
    for (int rank = 0; rank < ranks; ++rank) {
      models.push_back(towers_without_dropout(make_towers(1)));
      guides.push_back(make_towers(2));
    }
    std::mutex mutex;
    std::vector<Streaming> steps;
    EXPECT_THAT(errors_of_worlds(ranks,
                                 [&](World& world) {
                                   const auto rank = detail::at(world.rank());
                                   Streaming step = streamed_step(models[rank], guides[rank],
                                                                  super_batch, 2, &world);
                                   const std::lock_guard lock(mutex);
                                   steps.push_back(std::move(step));
                                 }),
                Each(""));
    std::vector<std::int64_t> all;
    for (const Streaming& step : steps) {
      EXPECT_EQ(step.picks.indices, want.picks.indices);
      EXPECT_NEAR(step.loss, want.loss, 1e-5);
      expect_near_gradients(step.gradients, want.gradients);
      all.insert(all.end(), step.positions.begin(), step.positions.end());
    }
    EXPECT_THAT(all, ::testing::UnorderedElementsAreArray(want.picks.indices));
  }
}

/// Counts its passes in training mode.
struct CountedTowersImpl : testing::SmallTowersImpl {
  std::atomic<int> trained = 0;
  int fails_at = -1;

  Embeddings embed(const VectorPairs& batch) {
    if (is_training() && trained++ == fails_at) refuse("towers", "power", "none");
    return testing::SmallTowersImpl::embed(batch);
  }
};
TORCH_MODULE(CountedTowers);

bool is_true_soon(const std::function<bool()>& condition) {
  for (int k = 0; k < 3000 && !condition(); ++k) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return condition();
}

/// A selection whose rounds wait for the passes of the ones before.
TEST(ForwardAhead, PassesBeginWhileTheSelectionGoesOn) {
  CountedTowers model;
  SmallTowers guide = make_towers(2);
  torch::optim::SGD still(model->parameters(), 0.0);
  Learner learner(model, still);
  ReferenceModel<SmallTowers> reference(guide);
  JointExampleScorer scorer(learner, reference, four_rounds());
  const VectorPairs super_batch = make_pairs(kStreamedFrom, 5);
  StreamedBatch<CountedTowers, VectorPairs> streamed(learner.model(), super_batch, {.least = 8});
  int rounds = 0;
  scorer.set_on_round([&](std::span<const std::int64_t> picks) {
    EXPECT_THAT(picks, SizeIs(8));
    streamed.add(picks);
    ++rounds;
    EXPECT_TRUE(is_true_soon([&] { return model->trained == rounds; }));
  });
  const Selection picks = scorer.select(super_batch, 7);
  EXPECT_EQ(rounds, 3);  // the last one is the selection's answer
  learner.step(super_batch.at(streamed.finish(picks.indices)), streamed.ahead());
  EXPECT_EQ(model->trained, 4);
}

TEST(ForwardAhead, WhatAPassThrowsTheStepThrows) {
  CountedTowers model;
  model->fails_at = 1;
  torch::optim::SGD still(model->parameters(), 0.0);
  Learner learner(model, still);
  const VectorPairs batch = make_pairs(12, 5);
  ForwardAhead<CountedTowers, VectorPairs> ahead(learner.model());
  ahead.begin(batch.at({0, 1}));
  ahead.begin(batch.at({2, 3}));
  EXPECT_EQ(message_of([&] { learner.step(batch, ahead); }), "towers: expected power, got none");
}

TEST(ForwardAhead, RefusesWhatItCannotStandFor) {
  SmallTowers model = make_towers(1);
  torch::optim::SGD still(model->parameters(), 0.0);
  const VectorPairs batch = make_pairs(12, 5);
  ForwardAhead<SmallTowers, VectorPairs> ahead(model);
  ahead.begin(batch.at({3, 1}));
  Learner learner(model, still);
  EXPECT_EQ(message_of([&] { learner.step(batch, ahead); }),
            "learner: expected a batch that begins with the examples whose forward passes have "
            "begun, got another");
  EXPECT_EQ(message_of([&] { learner.step(batch.at({3}), ahead); }),
            "learner: expected a batch that begins with the examples whose forward passes have "
            "begun, got another");
  Learner parts(model, still, OwnLoss{}, Precision::kAmbient, {.micro_batch = 4});
  EXPECT_EQ(message_of([&] { parts.step(batch, ahead); }),
            "learner, forward passes ahead: expected no micro-batches, got 4");
  const auto of_one_type = [](SmallTowers& towers, const VectorPairs& all) {
    return contrastive_loss(towers->embed(all), Contrast::kSigmoid);
  };
  Learner own(model, still, of_one_type);
  EXPECT_THAT(message_of([&] { own.step(batch, ahead); }),
              HasSubstr("expected an objective for any model, by its embeddings, got"));
}

/// A run of a method by its name.
struct NamedRun {
  std::vector<std::vector<std::int64_t>> batches = {};
  NamedTensors state = {};
};

NamedRun run_named(const char* name, TrainerSpec spec, std::int64_t dies_at = -1) {
  torch::manual_seed(1);
  SmallTowers model = make_towers(1);
  SmallTowers guide = make_towers(2);
  const testing::RollingSource source{make_pairs(600, 5), kStreamedFrom};
  auto optimizer = fused_adam(model->parameters(), {.learning_rate = 0.02});
  const Method& method = find_method(name);
  ReferenceModel<SmallTowers> reference(guide);
  Learner learner(model, *optimizer, objective_of<VectorPairs>(method, model, reference));
  auto scorer = scorer_of<VectorPairs>(
      method, learner, reference, {.count = 32, .seed = 3, .sampling = {.chunks = 4, .gain = 5}});
  spec.steps = 6;
  spec.learning_rate = {.peak = 0.02};
  spec.seed = 11;
  spec.checkpoint_every = 2;
  NamedRun run;
  TrainerHooks<VectorPairs> hooks;
  hooks.watch_batch = [&](const VectorPairs& batch, std::int64_t step) {
    if (step == dies_at) refuse("run", "to go on", "an end");
    run.batches.push_back(batch.names);
  };
  Trainer trainer(source, learner, scorer, spec, hooks);
  trainer.run();
  for (const auto& [key, tensor] : learner.state()) run.state.emplace_back(key, tensor.clone());
  return run;
}

TEST(ForwardAhead, ARunTrainsOnThePicksAndResumesBitForBit) {
  const NamedRun plain = run_named("jest", {});
  const NamedRun whole = run_named("jest", {.forward_ahead = 8});
  EXPECT_EQ(whole.batches.front(), plain.batches.front());
  const oracle::TemporaryFolder folder;
  const TrainerSpec kept{.checkpoints = folder.file("run"), .forward_ahead = 8};
  EXPECT_EQ(message_of([&] { run_named("jest", kept, 3); }), "run: expected to go on, got an end");
  const NamedRun resumed = run_named("jest", kept);
  EXPECT_THAT(resumed.batches, SizeIs(4));
  ASSERT_EQ(resumed.state.size(), whole.state.size());
  for (std::size_t k = 0; k < whole.state.size(); ++k) {
    EXPECT_TRUE(resumed.state[k].second.equal(whole.state[k].second)) << whole.state[k].first;
  }
}

TEST(ForwardAhead, TrainersRefuseScorersWithoutRounds) {
  EXPECT_EQ(message_of([] { run_named("uniform", {.forward_ahead = 8}); }),
            "scorer: expected one that tells of its rounds, got another");
  EXPECT_EQ(message_of([] { run_named("jest", {.staleness = 1, .forward_ahead = 8}); }),
            "trainer: expected forward_ahead without staleness and split, got both");
  EXPECT_EQ(message_of([] { run_named("jest", {.forward_ahead = -1}); }),
            "trainer: expected a forward_ahead of at least 0, got -1");
}

}  // namespace
}  // namespace jest

// The loop: schedules, checkpoints, resuming bit for bit, metrics, evaluation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "jest/io/atomic_file.hpp"
#include "jest/train/fused_adam.hpp"
#include "jest/train/retrieval.hpp"
#include "jest/train/sinks.hpp"
#include "jest/train/trainer.hpp"
#include "model/small_towers.hpp"
#include "oracle/temporary_folder.hpp"

namespace jest {
namespace {

using testing::make_pairs;
using testing::make_towers;
using testing::RollingSource;
using testing::SmallTowers;

TEST(LearningRate, WarmsUpThenFollowsACosine) {
  const LearningRate rate{.peak = 2, .warmup = 10, .steps = 110, .final_share = 0.1};
  EXPECT_DOUBLE_EQ(rate.at(0), 0.2);
  EXPECT_DOUBLE_EQ(rate.at(9), 2);
  EXPECT_DOUBLE_EQ(rate.at(10), 2);
  EXPECT_NEAR(rate.at(60), 2 * 0.55, 1e-12);
  EXPECT_NEAR(rate.at(110), 0.2, 1e-12);
  EXPECT_NEAR(rate.at(500), 0.2, 1e-12);
  EXPECT_DOUBLE_EQ((LearningRate{.peak = 3}).at(1000), 3);
}

TEST(SelectionSchedule, StartsEndsAndSkips) {
  const SelectionSchedule schedule{.start = 4, .end = 10, .every = 3};
  std::vector<int> selects;
  for (int step = 0; step < 14; ++step) {
    if (schedule.selects(step)) selects.push_back(step);
  }
  EXPECT_EQ(selects, (std::vector<int>{4, 7}));
  EXPECT_THROW(check_schedule({.start = 5, .end = 4}), Error);
  EXPECT_THROW(check_schedule({.every = 0}), Error);
}

TEST(LearnabilityAverage, StopsOnlyWhenTheLearnerBeatsTheReferenceOnAverage) {
  LearnabilityAverage average;
  for (const double value : {1.0, -0.2, -0.3}) average.add(value, 3);
  EXPECT_FALSE(average.learner_beats_reference(3));
  for (int k = 0; k < 5; ++k) average.add(-0.5, 3);
  EXPECT_TRUE(average.learner_beats_reference(3));
  EXPECT_FALSE(average.learner_beats_reference(0));
}

TEST(FusedAdam, TakesTheStepsOfLibTorchsAdam) {
  SmallTowers fused = make_towers(1);
  SmallTowers plain = make_towers(1);
  const auto fused_optimizer = fused_adam(fused->parameters(), {.learning_rate = 0.05});
  torch::optim::Adam plain_optimizer(plain->parameters(), 0.05);
  Learner a(fused, *fused_optimizer);
  Learner b(plain, plain_optimizer);
  const auto batch = make_pairs(20, 2);
  for (int step = 0; step < 5; ++step) {
    torch::manual_seed(step);
    a.step(batch);
    torch::manual_seed(step);
    b.step(batch);
  }
  const auto expected = plain->parameters();
  for (std::size_t k = 0; k < expected.size(); ++k) {
    EXPECT_TRUE(fused->parameters()[k].allclose(expected[k], 1e-4, 1e-6));
  }
}

TEST(RetrievalRecall, EqualsADoubleLoopInBothDirections) {
  torch::manual_seed(1);
  const at::Tensor x = torch::randn({700, 4});
  const at::Tensor y = x + 0.4 * torch::randn({700, 4});
  double hits = 0;
  for (const auto& [from, to] : {std::pair{x, y}, std::pair{y, x}}) {
    const at::Tensor scores = from.matmul(to.t());
    for (std::int64_t i = 0; i < 700; ++i) {
      hits += (scores[i] >= scores[i][i]).sum().item<std::int64_t>() <= 1;
    }
  }
  const auto recall = retrieval_recall({x, y, {}, {}});
  EXPECT_NEAR(recall.at_1, hits / 1400, 1e-9);
  EXPECT_GT(recall.at_10, recall.at_1);
}

TEST(RetrievalRecall, CountsATieAgainstThePair) {
  const at::Tensor same = torch::ones({5, 3});
  EXPECT_EQ(retrieval_recall({same, same, {}, {}}).at_1, 0);
}

struct Training {
  explicit Training(bool adam = true) {
    if (adam) {
      optimizer = fused_adam(model->parameters(), {.learning_rate = 0.02});
    } else {
      optimizer = std::make_unique<torch::optim::SGD>(model->parameters(),
                                                      torch::optim::SGDOptions(0.02).momentum(0.9));
    }
  }

  NamedTensors train(TrainerSpec spec) {
    Learner learner(model, *optimizer);
    ReferenceModel<SmallTowers> reference(guide);
    JointExampleScorer scorer(learner, reference, {.count = 8, .chunks = 4, .seed = 3});
    spec.learning_rate = {.peak = 0.02, .warmup = 3, .steps = 20};
    spec.seed = 11;
    Trainer trainer(source, learner, scorer, spec);
    trainer.evaluate = [this] { return Values{{"forwards", 1.0 * ++evaluations}}; };
    trainer.tags_of = [](const testing::VectorPairs& batch) {
      return std::map<std::string, std::int64_t>{
          {"even", std::count_if(batch.names.begin(), batch.names.end(),
                                 [](auto id) { return id % 2 == 0; })},
          {"any", 8}};
    };
    state = trainer.run();
    return learner.state();
  }

  SmallTowers model = make_towers(1);
  SmallTowers guide = make_towers(2);
  std::unique_ptr<torch::optim::Optimizer> optimizer;
  RollingSource source{make_pairs(200, 5), 40};
  TrainerState state;
  int evaluations = 0;
};

void expect_same_bits(const NamedTensors& a, const NamedTensors& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    EXPECT_EQ(a[k].first, b[k].first);
    EXPECT_TRUE(a[k].second.equal(b[k].second)) << a[k].first;
  }
}

class Resume : public ::testing::TestWithParam<bool> {};

TEST_P(Resume, EndsWithTheBitsOfAnUndisturbedRun) {
  // The model has dropout: its noise, too, must be a function of the step.
  oracle::TemporaryFolder folder;
  const TrainerSpec whole{.steps = 20, .evaluate_every = 6, .checkpoint_every = 20};
  Training undisturbed(GetParam());
  const NamedTensors expected = undisturbed.train(whole);

  TrainerSpec part{.steps = 7, .evaluate_every = 6, .checkpoint_every = 7};
  part.checkpoints = folder.file("checkpoints");
  Training first(GetParam());
  first.train(part);
  part.steps = 20;
  Training second(GetParam());
  expect_same_bits(second.train(part), expected);
  EXPECT_EQ(second.state.examples.scored, undisturbed.state.examples.scored);
  EXPECT_EQ(second.state.examples.trained, 160);
}
INSTANTIATE_TEST_SUITE_P(Optimizers, Resume, ::testing::Bool());

TrainerState state_at(std::int64_t step) {
  TrainerState state;
  state.step = step;
  return state;
}

TEST(Checkpoint, WithoutItsMarkerDoesNotExist) {
  oracle::TemporaryFolder folder;
  save_checkpoint(folder.file("c"), {state_at(5), {{"a", torch::ones({2})}}});
  std::filesystem::create_directories(folder.file("c") / "step-00000009");
  write_file(folder.file("c") / "step-00000009/state.json", "{}");
  EXPECT_EQ(load_checkpoint(folder.file("c"))->state.step, 5);
  EXPECT_FALSE(load_checkpoint(folder.file("nothing")).has_value());
}

TEST(Checkpoint, ReplacesOlderOnes) {
  oracle::TemporaryFolder folder;
  for (const std::int64_t step : {5, 9}) {
    save_checkpoint(folder.file("c"), {state_at(step), {{"a", torch::ones({2})}}});
  }
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.file("c"))) {
    ++count;
  }
  EXPECT_EQ(count, 1);
  EXPECT_EQ(load_checkpoint(folder.file("c"))->state.step, 9);
}

TEST(Checkpoint, OfAnotherModelIsRefused) {
  oracle::TemporaryFolder folder;
  TrainerSpec spec{.steps = 2, .checkpoint_every = 1};
  spec.checkpoints = folder.file("c");
  save_checkpoint(spec.checkpoints, {state_at(1), {{"model.x", torch::ones({2})}}});
  EXPECT_THROW(Training().train(spec), Error);
}

std::vector<nlohmann::json> lines_of(const std::filesystem::path& path) {
  std::vector<nlohmann::json> lines;
  std::istringstream content(read_file(path));
  for (std::string line; std::getline(content, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

TEST(JsonLines, HoldEveryStepAndEvaluationOnceAfterAResume) {
  oracle::TemporaryFolder folder;
  const auto path = folder.file("metrics.jsonl");
  TrainerSpec spec{.steps = 7, .evaluate_every = 3, .checkpoint_every = 5};
  spec.checkpoints = folder.file("checkpoints");
  const auto run = [&](std::int64_t steps) {
    spec.steps = steps;
    spec.sinks = {std::make_shared<JsonLinesSink>(path, ForwardFlops{2, 3})};
    Training().train(spec);
    spec.sinks.clear();
  };
  run(7);
  // A killed run: later lines and a torn one follow the checkpoint of step 7.
  write_file(path, read_file(path) + "{\"event\":\"step\",\"step\":8}\n{\"event\":\"st");
  run(10);
  std::vector<std::int64_t> steps;
  std::vector<std::int64_t> evaluations;
  for (const auto& line : lines_of(path)) {
    if (line["event"] == "step") steps.push_back(line["step"]);
    if (line["event"] == "evaluation") evaluations.push_back(line["step"]);
  }
  EXPECT_THAT(steps, ::testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_THAT(evaluations, ::testing::ElementsAre(3, 6, 7, 9, 10));
  const auto last = lines_of(path).back();
  EXPECT_EQ(last["flops"]["learner_training"], 3 * 2 * 80);
  EXPECT_EQ(last["flops"]["learner_scoring"], 2 * 400);
  EXPECT_EQ(last["flops"]["reference_scoring"], 3 * 400);
  EXPECT_DOUBLE_EQ(
      last["picked_tags"]["any"].get<double>() + last["picked_tags"]["even"].get<double>(), 1.0);
}

TEST(Trainer, OutsideTheScheduleScoresNothing) {
  TrainerSpec spec{.steps = 10, .selection = {.start = 2, .end = 8, .every = 2}};
  Training setup;
  setup.train(spec);
  EXPECT_EQ(setup.state.examples.scored, 3 * 40);
  EXPECT_EQ(setup.guide->forwards, 3);
  EXPECT_EQ(setup.state.examples.trained, 80);
}

TEST(Trainer, StopsSelectingOnceTheLearnerBeatsTheReference) {
  const TrainerSpec spec{.steps = 10, .selection = {.stop_window = 2}};
  Training unbeaten;
  unbeaten.guide->bias.data().fill_(60.0F);  // own losses of the guide are 0
  unbeaten.train(spec);
  EXPECT_FALSE(unbeaten.state.selection_stopped);
  Training beaten;
  beaten.guide->bias.data().fill_(-60.0F);  // own losses of the guide are about 60
  beaten.train(spec);
  EXPECT_TRUE(beaten.state.selection_stopped);
  EXPECT_EQ(beaten.state.examples.scored, 2 * 40);
}

TEST(Trainer, RefusesImpossibleSpecsAtConstruction) {
  EXPECT_THROW(check_trainer({.steps = 0}), Error);
  EXPECT_THROW(check_trainer({.steps = 1, .evaluate_every = 0}), Error);
  EXPECT_THROW(check_trainer({.steps = 1, .selection = {.every = 0}}), Error);
}

TEST(UniformScorer, DrawsDistinctExamplesAsAFunctionOfSeedAndStep) {
  const auto batch = make_pairs(50, 1);
  const UniformScorer scorer(10, 4);
  EXPECT_EQ(scorer.select(batch, 3).indices, scorer.select(batch, 3).indices);
  EXPECT_NE(scorer.select(batch, 3).indices, scorer.select(batch, 4).indices);
}

}  // namespace
}  // namespace jest

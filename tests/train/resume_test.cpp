// Checkpoints, resuming bit for bit, metrics over a resume.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "jest/io/atomic_file.hpp"
#include "jest/train/metrics.hpp"
#include "jest/train/trainer.hpp"
#include "oracle/temporary_folder.hpp"
#include "train/small_training.hpp"

namespace jest {
namespace {

using testing::Training;

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

TEST(JsonLines, AreThereWhenARunWithoutCheckpointsEnds) {
  static_assert(!std::is_copy_constructible_v<JsonLinesSink>, "a copy would close the file twice");
  const oracle::TemporaryFolder folder;
  const auto sink = std::make_shared<JsonLinesSink>(folder.file("metrics.jsonl"), ForwardFlops{});
  TrainerSpec spec{.steps = 3};
  spec.sinks = {sink};
  Training().train(spec);
  EXPECT_NE(read_file(folder.file("metrics.jsonl")).find("\"evaluation\""), std::string::npos);
}

TEST(JsonLines, CanGoWhereNothingIsKept) {
  TrainerSpec spec{.steps = 2};
  spec.sinks = {std::make_shared<JsonLinesSink>("/dev/null", ForwardFlops{})};
  EXPECT_NO_THROW(Training().train(spec));
}

TEST(JsonLines, OfARunThatStartsAnewHoldNothingOfTheOneBefore) {
  oracle::TemporaryFolder folder;
  const auto path = folder.file("metrics.jsonl");
  for (int attempt = 0; attempt < 2; ++attempt) {
    JsonLinesSink sink(path, {});
    sink.resume(0);
    sink.note(1, "said once");
  }
  EXPECT_EQ(lines_of(path).size(), 1);
}

}  // namespace
}  // namespace jest

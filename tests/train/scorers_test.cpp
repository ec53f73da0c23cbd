// Ranks that score apart from ranks that train: the picks and the bits of one process with the same
// staleness, resuming, errors that cross over, what waits for what.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "jest/methods/run.hpp"
#include "oracle/gloo_ranks.hpp"
#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"
#include "train/small_training.hpp"

namespace jest {
namespace {

using oracle::errors_of_worlds;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::VectorPairs;

constexpr std::int64_t kSteps = 8;

/// Towers that can fail and take their time.
struct TestedTowersImpl : testing::SmallTowersImpl {
  int scorings = 0;
  int fails_at = -1;  ///< which scoring
  std::chrono::milliseconds pause{0};

  Embeddings embed(const VectorPairs& batch) {
    if (!is_training() && scorings++ == fails_at) refuse("towers", "power", "none");
    std::this_thread::sleep_for(pause);
    return testing::SmallTowersImpl::embed(batch);
  }
};
TORCH_MODULE(TestedTowers);

/// What all ranks do, and one of them otherwise.
struct How {
  int trainers = 1;
  int scorers = 0;  ///< 0: the trainers do it, all of them
  std::int64_t staleness = 0;
  std::filesystem::path checkpoints = {};
  std::int64_t dies_at = -1;  ///< a step, on the first rank
  int failing_rank = -1;      ///< in scoring,
  int failing_scoring = 5;    ///< this one
  std::chrono::milliseconds pause{0};
  const char* method = "jest";
};

struct Halves {
  std::vector<NamedTensors> tensors = {};  ///< of each rank that trains
  TrainerState state = {};                 ///< of the first
  std::vector<std::vector<std::int64_t>> picks = {};
};

void run_rank(World* world, SplitWorld* split, const How& how, Halves& run) {
  // Threads share LibTorch's generator: all that draws from it comes first.
  static std::mutex drawing;
  std::unique_lock lock(drawing);
  torch::manual_seed(1);
  TestedTowers model;
  testing::SmallTowers guide = testing::make_towers(2);
  const testing::RollingSource source{testing::make_pairs(600, 5), 192};
  lock.unlock();
  if (world) world->wait();
  model->dropout->options.p(0);
  model->pause = how.pause;
  if (split && split->rank == how.failing_rank) model->fails_at = how.failing_scoring;
  auto optimizer = fused_adam(model->parameters(), {.learning_rate = 0.02});
  const Method& method = find_method(how.method);
  ReferenceModel<testing::SmallTowers> reference(guide);
  World* const own = split ? &split->own : world;
  Learner learner(model, *optimizer, objective_of<VectorPairs>(method, model, reference),
                  Precision::kAmbient, {.world = own});
  auto scorer = scorer_of<VectorPairs>(
      method, learner, reference,
      {.count = 32, .seed = 3, .sampling = {.chunks = 4, .gain = 5}, .exchange = own});
  const TrainerSpec spec{.steps = kSteps,
                         .learning_rate = {.peak = 0.02},
                         .seed = 11,
                         .checkpoint_every = 3,
                         .checkpoints = how.checkpoints,
                         .staleness = how.staleness,
                         .world = split ? nullptr : world,
                         .split = split};
  TrainerHooks<VectorPairs> hooks;
  hooks.watch_batch = [&](const VectorPairs& batch, std::int64_t step) {
    if (step == how.dies_at) throw std::runtime_error("died");
    run.picks.push_back(batch.names);
  };
  Trainer trainer(source, learner, scorer, spec, hooks);
  const TrainerState state = trainer.run();
  if (split && split->scores) return;
  const int rank = own ? own->rank() : 0;
  if (rank == 0) run.state = state;
  for (const auto& [name, tensor] : learner.state()) {
    run.tensors[detail::at(rank)].emplace_back(name, tensor.clone());
  }
}

std::vector<std::string> errors_of(const How& how, Halves& run) {
  run.tensors = std::vector<NamedTensors>(detail::at(how.trainers));
  return errors_of_worlds(how.trainers + how.scorers, [&](World& world) {
    if (how.scorers == 0) return run_rank(&world, nullptr, how, run);
    SplitWorld split = world.split(how.scorers);
    run_rank(&world, &split, how, run);
  });
}

Halves run_of(const How& how) {
  Halves run;
  if (how.trainers + how.scorers == 1) {
    run.tensors.resize(1);
    run_rank(nullptr, nullptr, how, run);
  } else {
    EXPECT_THAT(errors_of(how, run), Each(""));
  }
  return run;
}

void expect_same(const Halves& a, const Halves& b) {
  EXPECT_EQ(a.picks, b.picks);
  EXPECT_EQ(a.state.examples.scored, b.state.examples.scored);
  EXPECT_EQ(a.state.examples.reference_scored, b.state.examples.reference_scored);
  EXPECT_EQ(a.state.examples.trained, b.state.examples.trained);
  EXPECT_EQ(a.state.learnability.mean, b.state.learnability.mean);
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (std::size_t rank = 0; rank < a.tensors.size(); ++rank) {
    ASSERT_EQ(a.tensors[rank].size(), b.tensors[rank].size());
    for (std::size_t k = 0; k < a.tensors[rank].size(); ++k) {
      EXPECT_TRUE(a.tensors[rank][k].second.equal(b.tensors[rank][k].second))
          << a.tensors[rank][k].first << " of rank " << rank;
    }
  }
}

TEST(Scorers, ApartFromTrainersGiveThePicksAndBitsOfThoseAlone) {
  for (const std::int64_t k : {0, 1, 2, 4}) {
    const Halves alone = run_of({.staleness = k});
    for (const int trainers : {1, 2}) {
      const Halves together = trainers == 1 ? alone : run_of({.trainers = 2, .staleness = k});
      for (const int scorers : {1, 2}) {
        SCOPED_TRACE(text("staleness ", k, ", ", trainers, " train, ", scorers, " score"));
        const Halves run = run_of({.trainers = trainers, .scorers = scorers, .staleness = k});
        EXPECT_EQ(run.picks, alone.picks);
        EXPECT_EQ(run.picks.size(), detail::at(kSteps));
        expect_same(run, together);
        EXPECT_GT(run.state.cpu_seconds, 0);
      }
    }
  }
}

TEST(Scorers, WithoutStalenessTrainByThePlainMethod) {
  How plain;
  plain.method = "rho-loss";
  How apart = plain;
  apart.scorers = 1;
  expect_same(run_of(apart), run_of(plain));
}

TEST(Scorers, ResumeACheckpointBitForBit) {
  for (const std::int64_t k : {0, 1, 4}) {
    const Halves undisturbed = run_of({.staleness = k});
    for (const int scorers : {0, 1, 2}) {  // of the second run
      SCOPED_TRACE(text("staleness ", k, ", then ", scorers, " score"));
      const oracle::TemporaryFolder folder;
      How how{.scorers = 1, .staleness = k, .checkpoints = folder.file("c"), .dies_at = 4};
      Halves run;
      EXPECT_THAT(errors_of(how, run), ElementsAre("died", "rank 0 of 2, at step 4: died"));
      run.picks.resize(3);
      how.dies_at = -1;
      how.scorers = scorers;
      Halves rest = run_of(how);
      rest.picks.insert(rest.picks.begin(), run.picks.begin(), run.picks.end());
      expect_same(rest, undisturbed);
    }
  }
}

TEST(Scorers, TellTrainersOfTheirErrors) {
  const std::string power = "towers: expected power, got none";
  Halves run;
  EXPECT_THAT(errors_of({.scorers = 1, .staleness = 2, .failing_rank = 1}, run),
              ElementsAre(HasSubstr("rank 1 of 2, which scores, at step 5: "), HasSubstr(power)));
  EXPECT_EQ(run.picks.size(), 5u);  // those of the steps before were there
  const auto errors =
      errors_of({.trainers = 2, .scorers = 2, .staleness = 1, .failing_rank = 3}, run);
  EXPECT_THAT(errors, Each(HasSubstr("select at step 5, round 0, rank 1 of 2: " + power)));
  EXPECT_THAT(errors[0], HasSubstr("rank 2 of 4, which scores, at step 5: "));
  EXPECT_THAT(errors[1], HasSubstr("rank 2 of 4, which scores, at step 5: "));
}

TEST(Scorers, HearOfErrorsOfTrainers) {
  Halves run;
  const auto errors = errors_of({.trainers = 2, .scorers = 2, .staleness = 1, .dies_at = 3}, run);
  EXPECT_EQ(errors[0], "died");
  EXPECT_NE(errors[1], "");
  EXPECT_EQ(errors[2], "rank 0 of 4, at step 3: died");
  EXPECT_EQ(errors[3], "rank 0 of 4, at step 3: died");
}

double seconds_of(const How& how) {
  const auto start = std::chrono::steady_clock::now();
  run_of(how);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST(Scorers, WorkWhileTrainersDo) {
  const std::chrono::milliseconds pause(100);  // of a scoring, and of a step
  EXPECT_GE(seconds_of({.scorers = 1, .staleness = 0, .pause = pause}), 2 * kSteps * 0.1);
  EXPECT_LE(seconds_of({.scorers = 1, .staleness = 1, .pause = pause}), 1.8 * kSteps * 0.1);
}

TEST(Scorers, TrainByTheLoopOfThePage) {
  const testing::RollingSource source{testing::make_pairs(200, 5), 64};
  testing::SmallTowers models[] = {testing::make_towers(1), testing::make_towers(1)};
  testing::SmallTowers guides[] = {testing::make_towers(2), testing::make_towers(2)};
  const auto errors = errors_of_worlds(2, [&](World& world) {
    testing::SmallTowers& model = models[world.rank()];
    torch::optim::SGD optimizer(model->parameters(), 0.1);
    ReferenceModel reference{guides[world.rank()]};
    // [scorers-apart]
    jest::SplitWorld split = world.split(1);  // the last rank scores, the others train
    jest::Learner learner{
        model, optimizer, jest::OwnLoss{}, jest::Precision::kAmbient, {.world = &split.own}};
    jest::JointExampleScorer scorer{
        learner, reference, {.count = 16, .seed = 7, .exchange = &split.own}};
    jest::Trainer trainer{source, learner, scorer, {.steps = 5, .staleness = 1, .split = &split}};
    const jest::TrainerState& end = trainer.run();  // of a rank that trains
    // [scorers-apart]
    EXPECT_EQ(end.step, split.scores ? 0 : 5);
  });
  EXPECT_THAT(errors, Each(""));
}

TEST(Scorers, OfNoneOrAllRanksAreRefused) {
  World alone;
  EXPECT_EQ(oracle::message_of([&] { alone.split(1); }),
            "split: expected some of 1 ranks to score, and others to train, got 1 to score");
  const auto errors = errors_of_worlds(2, [](World& world) {
    for (const int scorers : {-1, 0, 2}) EXPECT_THROW(world.split(scorers), Error);
    const SplitWorld split = world.split(1);
    EXPECT_EQ(split.own.size(), 1);
    EXPECT_EQ(split.scores, world.rank() == 1);
  });
  EXPECT_THAT(errors, Each(""));
}

/// Remembers how often it was asked.
struct CountingScorer : UniformScorer {
  using UniformScorer::UniformScorer;
  std::int64_t asked = 0;
  bool scores() const { return true; }
  ScoredSelection select(const VectorPairs& batch, std::int64_t step) {
    ++asked;
    return UniformScorer::select(batch, step);
  }
  NamedTensors state() const { return {{"asked", torch::tensor(asked)}}; }
  void load_state(const NamedTensors& state) { asked = state.at(0).second.item<std::int64_t>(); }
};

TEST(Scorers, ThatKeepAStateAreRefused) {
  testing::SmallTowers models[] = {testing::make_towers(1), testing::make_towers(1)};
  const testing::RollingSource source{testing::make_pairs(40, 5), 16};
  const auto errors = errors_of_worlds(2, [&](World& world) {
    SplitWorld split = world.split(1);
    auto& model = models[world.rank()];
    torch::optim::SGD optimizer(model->parameters(), 0.1);
    Learner learner(model, optimizer);
    CountingScorer scorer(8, 1);
    Trainer trainer(source, learner, scorer, {.steps = 2, .split = &split});
    trainer.run();
  });
  EXPECT_THAT(errors, Each(HasSubstr("scorers apart from trainers: expected a scorer that keeps "
                                     "nothing between steps, got another")));
}

}  // namespace
}  // namespace jest

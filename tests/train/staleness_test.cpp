// Picks by weights of some steps ago, made ahead of their step: an oracle that keeps the weights,
// resuming, refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

#include "jest/io/atomic_file.hpp"
#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"
#include "train/small_training.hpp"

namespace jest {
namespace {

using oracle::message_of;
using testing::RollingSource;
using testing::SmallTowers;
using testing::VectorPairs;

/// Keeps the weights of every step, and puts those of k steps ago in place while it selects.
struct OldWeights {
  using Inner = JointExampleScorer<SmallTowers, ReferenceModel<SmallTowers>>;
  Inner& inner;
  SmallTowers& model;
  std::int64_t staleness;
  std::map<std::int64_t, detail::SavedValues> weights = {};

  std::int64_t count(std::int64_t candidates) const { return inner.count(candidates); }
  std::uint64_t seed() const { return inner.seed(); }
  bool scores() const { return true; }
  ScoredSelection select(const VectorPairs& super_batch, std::int64_t step) {
    const torch::NoGradGuard no_gradient;
    weights.emplace(step, model->parameters());
    weights.at(std::max<std::int64_t>(step - staleness, 0)).restore();
    ScoredSelection picks = inner.select(super_batch, step);
    weights.at(step).restore();
    return picks;
  }
};

struct StaleRun {
  NamedTensors tensors = {};
  TrainerState state = {};
  std::vector<std::vector<std::int64_t>> picks = {};  ///< ids, step by step
  std::vector<std::int64_t> watched = {};             ///< steps of selections
  std::vector<double> learnability = {};              ///< of picks, step by step
};

struct KeepLearnability : MetricSink {
  explicit KeepLearnability(StaleRun& run) : run(run) {}
  void step(const StepMetrics& metrics) override {
    run.learnability.push_back(metrics.learnability_picks.value_or(-1));
  }
  StaleRun& run;
};

struct StaleHow {
  std::int64_t staleness = 0;
  bool keeps_weights = false;  ///< the oracle
  std::int64_t dies_at = -1;
  std::filesystem::path checkpoints = {};
  std::int64_t steps = 12;
  SelectionSchedule selection = {};
};

void run_into(StaleRun& run, const StaleHow& how) {
  SmallTowers model = testing::make_towers(1);
  SmallTowers guide = testing::make_towers(2);
  const RollingSource source{testing::make_pairs(200, 5), 40};
  const auto optimizer = fused_adam(model->parameters(), {.learning_rate = 0.02});
  Learner learner(model, *optimizer);
  ReferenceModel<SmallTowers> reference(guide);
  JointExampleScorer scorer(learner, reference,
                            {.count = 8, .sampling = {.chunks = 4, .gain = 5}, .seed = 3});
  OldWeights old{scorer, model, how.staleness};
  const TrainerSpec spec{.steps = how.steps,
                         .learning_rate = {.peak = 0.02, .warmup = 3, .steps = 20},
                         .selection = how.selection,
                         .seed = 11,
                         .evaluate_every = 5,
                         .checkpoint_every = 3,
                         .checkpoints = how.checkpoints,
                         .sinks = {std::make_shared<KeepLearnability>(run)},
                         .staleness = how.keeps_weights ? 0 : how.staleness};
  TrainerHooks<VectorPairs> hooks;
  hooks.watch_selection = [&](const VectorPairs&, const Selection& picks, std::int64_t step) {
    EXPECT_EQ(picks.scores.size(), 8u);
    run.watched.push_back(step);
  };
  hooks.watch_batch = [&](const VectorPairs& batch, std::int64_t step) {
    if (step == how.dies_at) throw std::runtime_error("died");
    run.picks.push_back(batch.names);
  };
  const auto train = [&](auto& by) {
    Trainer trainer(source, learner, by, spec, hooks);
    run.state = trainer.run();
  };
  how.keeps_weights ? train(old) : train(scorer);
  for (const auto& [name, tensor] : learner.state()) run.tensors.emplace_back(name, tensor.clone());
}

StaleRun stale_run_of(const StaleHow& how) {
  StaleRun run;
  run_into(run, how);
  return run;
}

void expect_same_stale(const StaleRun& a, const StaleRun& b) {
  EXPECT_EQ(a.picks, b.picks);
  EXPECT_EQ(a.watched, b.watched);
  EXPECT_EQ(a.learnability, b.learnability);
  EXPECT_EQ(a.state.examples.scored, b.state.examples.scored);
  EXPECT_EQ(a.state.learnability.mean, b.state.learnability.mean);
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (std::size_t k = 0; k < a.tensors.size(); ++k) {
    EXPECT_TRUE(a.tensors[k].second.equal(b.tensors[k].second)) << a.tensors[k].first;
  }
}

TEST(Staleness, PicksAreThoseOfTheWeightsOfSomeStepsAgo) {
  const StaleRun plain = stale_run_of({});
  for (const std::int64_t k : {0, 1, 2, 4, 20}) {
    SCOPED_TRACE(k);
    const StaleRun run = stale_run_of({.staleness = k});
    expect_same_stale(run, stale_run_of({.staleness = k, .keeps_weights = true}));
    EXPECT_EQ(run.picks == plain.picks, k == 0);
    EXPECT_EQ(run.picks.size(), 12u);
    EXPECT_EQ(run.state.examples.scored, 12 * 40);
    EXPECT_TRUE(run.state.ahead.empty());
  }
}

TEST(Staleness, GoesWithASchedule) {
  const SelectionSchedule schedule{.start = 2, .end = 11, .every = 2};
  const StaleRun run = stale_run_of({.staleness = 3, .selection = schedule});
  EXPECT_THAT(run.watched, ::testing::ElementsAre(2, 4, 6, 8, 10));
  EXPECT_EQ(run.learnability.at(3), -1);
  EXPECT_NE(run.learnability.at(4), -1);
}

TEST(Staleness, AKilledRunEndsWithTheBitsOfAnUndisturbedOne) {
  for (const std::int64_t k : {0, 1, 2, 4}) {
    for (const std::int64_t dies_at : {2, 5, 9}) {  // before any checkpoint, and after
      SCOPED_TRACE(text(k, " steps, killed at ", dies_at));
      const oracle::TemporaryFolder folder;
      StaleHow how{.staleness = k, .checkpoints = folder.file("c")};
      const StaleRun undisturbed = stale_run_of({.staleness = k});
      how.dies_at = dies_at;
      StaleRun run;
      EXPECT_THROW(run_into(run, how), std::runtime_error);
      const std::int64_t kept = dies_at / 3 * 3;
      run.picks.resize(detail::at(kept));
      run.watched.resize(detail::at(kept));
      run.learnability.resize(detail::at(kept));
      how.dies_at = -1;
      run_into(run, how);
      expect_same_stale(run, undisturbed);
    }
  }
}

TEST(Staleness, ACheckpointOfAnotherOneIsRefused) {
  const oracle::TemporaryFolder folder;
  StaleHow how{.staleness = 2, .dies_at = 7, .checkpoints = folder.file("c")};
  StaleRun run;
  EXPECT_THROW(run_into(run, how), std::runtime_error);
  how.dies_at = -1;
  how.staleness = 1;
  EXPECT_EQ(message_of([&] { stale_run_of(how); }),
            "resume at step 6 of 12: expected a checkpoint with the picks of 1 steps ahead "
            "(staleness 1), got 2");
  how.staleness = 0;
  EXPECT_THROW(stale_run_of(how), Error);
  how.staleness = 2;
  EXPECT_NO_THROW(stale_run_of(how));
  how.steps = 20;  // its last steps were not scored ahead
  EXPECT_THROW(stale_run_of(how), Error);
}

TEST(Staleness, ACheckpointSaysWhatWasPicked) {
  const oracle::TemporaryFolder folder;
  TrainerState state;
  Selection picks{{4, 0, 7}, {0.1, std::nan(""), -3}, {}};
  picks.statistics.mean_own_score_picks = 0.7;
  state.ahead = {{picks, true}, {{{5}, {}, {}}, false}};
  save_checkpoint(folder.file("c"), {state, {{"a", torch::ones({2})}}});
  const auto loaded = load_checkpoint(folder.file("c"))->state.ahead;
  ASSERT_EQ(loaded.size(), 2u);
  EXPECT_EQ(loaded[0].picks.indices, picks.indices);
  EXPECT_THAT(loaded[0].picks.scores,
              ::testing::ElementsAre(0.1, ::testing::IsNan(), ::testing::DoubleEq(-3)));
  EXPECT_EQ(loaded[0].picks.statistics.mean_own_score_picks, 0.7);
  EXPECT_TRUE(loaded[0].scored);
  EXPECT_EQ(loaded[1].picks.indices, (std::vector<std::int64_t>{5}));
  EXPECT_FALSE(loaded[1].scored);
}

TEST(Staleness, BelowZeroIsRefused) {
  EXPECT_EQ(message_of([] { check_trainer({.steps = 1, .staleness = -1}); }),
            "trainer: expected a staleness of at least 0, got -1");
}

}  // namespace
}  // namespace jest

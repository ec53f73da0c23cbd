// A proxy that scores for the learner and learns beside it.
#include <gtest/gtest.h>

#include "jest/scorers/wrappers.hpp"
#include "jest/train/trainer_spec.hpp"
#include "oracle/temporary_folder.hpp"
#include "train/small_training.hpp"

namespace jest {
namespace {

using testing::make_pairs;
using testing::make_towers;
using testing::SmallTowers;

struct ProxySetting {
  SmallTowers small = make_towers(5);
  SmallTowers guide = make_towers(2);
  torch::optim::SGD optimizer{small->parameters(), 0.1};
  Learner<SmallTowers> proxy{small, optimizer};
  ReferenceModel<SmallTowers> reference{guide};
  JointExampleScorer<SmallTowers, ReferenceModel<SmallTowers>> scorer{
      proxy, reference, {.count = 8, .sampling = {.chunks = 4}, .seed = 3}};
  OnlineProxy<decltype(scorer)&, decltype(proxy), LearningRate> online{
      scorer, proxy, {.peak = 0.1}};
};

TEST(OnlineProxy, PicksWhatItsScorerPicksAndThenTrainsOnIt) {
  const auto batch = make_pairs(40, 3);
  ProxySetting by_hand, online;
  detail::seed_step(1, 0);
  const Selection expected = by_hand.scorer.select(batch, 0);
  by_hand.proxy.set_learning_rate(0.1);
  by_hand.proxy.step(batch.at(expected.indices));
  detail::seed_step(1, 0);
  EXPECT_EQ(online.online.select(batch, 0).indices, expected.indices);
  EXPECT_TRUE(online.small->x->weight.equal(by_hand.small->x->weight));
  EXPECT_FALSE(online.small->x->weight.equal(make_towers(5)->x->weight));
}

TEST(OnlineProxy, NeverRunsTheLearnerForScoring) {
  ProxySetting s;
  SmallTowers large = make_towers(1);
  torch::optim::SGD optimizer(large->parameters(), 0.1);
  Learner learner(large, optimizer);
  testing::RollingSource source{make_pairs(200, 5), 40};
  Trainer trainer(source, learner, s.online, {.steps = 3});
  trainer.run();
  EXPECT_EQ(large->forwards, 3) << "one forward a step: training";
  EXPECT_EQ(s.small->forwards, 6) << "scoring and training";
}

/// Remembers how often it was asked.
struct CountingScorer {
  std::int64_t asked = 0;

  NamedTensors state() const { return {{"asked", torch::tensor({asked}, at::kLong)}}; }
  void load_state(const NamedTensors& state) {
    ASSERT_EQ(state.size(), 1);
    EXPECT_EQ(state.front().first, "asked");
    asked = state.front().second.item<std::int64_t>();
  }
};

TEST(OnlineProxy, KeepsTheStateOfItsScorerToo) {
  ProxySetting s, other;
  CountingScorer scorer{7}, resumed;
  OnlineProxy online(scorer, s.proxy, LearningRate());
  OnlineProxy again(resumed, other.proxy, LearningRate());
  again.load_state(online.state());
  EXPECT_EQ(resumed.asked, 7);
}

TEST(OnlineProxy, ResumesBitForBit) {
  oracle::TemporaryFolder folder;
  const auto train = [&](std::int64_t steps, std::filesystem::path checkpoints) {
    ProxySetting s;
    SmallTowers large = make_towers(1);
    const auto optimizer = fused_adam(large->parameters(), {.learning_rate = 0.02});
    Learner learner(large, *optimizer);
    testing::RollingSource source{make_pairs(200, 5), 40};
    TrainerSpec spec{.steps = steps, .seed = 7, .checkpoint_every = 4};
    spec.checkpoints = std::move(checkpoints);
    Trainer trainer(source, learner, s.online, spec);
    trainer.run();
    return std::pair(large->x->weight.clone(), s.small->x->weight.clone());
  };
  const auto undisturbed = train(8, {});
  train(4, folder.file("c"));
  const auto resumed = train(8, folder.file("c"));
  EXPECT_TRUE(resumed.first.equal(undisturbed.first));
  EXPECT_TRUE(resumed.second.equal(undisturbed.second));
}

}  // namespace
}  // namespace jest

// A scorer's memory is part of a checkpoint: without it a resumed run goes another way.
#include <gmock/gmock.h>

#include "jest/scorers/aligned_scorer.hpp"
#include "jest/train/trainer.hpp"
#include "oracle/message_of.hpp"
#include "oracle/small_sequences.hpp"
#include "oracle/temporary_folder.hpp"

namespace jest {
namespace {

using testing::CuratedSequences;
using ::testing::HasSubstr;
using testing::make_language_model;
using testing::make_sequences;
using testing::Sequences;
using testing::SmallLanguageModel;

using Guide = ReferenceModel<SmallLanguageModel>;
using CurationScorer = AlignedScorer<SmallLanguageModel, Guide, CuratedSequences&>;

/// The same scorer, but its memory ends with the process.
struct ForgetfulScorer {
  CurationScorer& scorer;

  bool scores() const { return true; }
  std::int64_t count(std::int64_t candidates) const { return scorer.count(candidates); }
  std::uint64_t seed() const { return scorer.seed(); }
  ScoredSelection select(const Sequences& batch, std::int64_t step) {
    return scorer.select(batch, step);
  }
};
static_assert(KeepsState<CurationScorer> && !KeepsState<ForgetfulScorer> &&
              !KeepsState<UniformScorer>);

struct Pool {
  Sequences pool = make_sequences(200, 5);

  Sequences at(std::int64_t step) const {
    std::vector<std::int64_t> rows(40);
    for (std::int64_t k = 0; k < 40; ++k) rows[k] = (step * 7 + k) % 200;
    return pool.at(rows);
  }
};

/// Adam, dropout, a target that is renewed at steps 0, 5, 10 and 15.
struct AlignedTraining {
  NamedTensors train(TrainerSpec spec) {
    return remembers ? train_with(scorer, spec) : train_with(forgetful, spec);
  }

  template <class S>
  NamedTensors train_with(S& any, TrainerSpec spec) {
    spec.learning_rate = {.peak = 0.05};
    spec.seed = 11;
    Trainer trainer(source, learner, any, spec);
    state = trainer.run();
    return learner.state();
  }

  bool remembers = true;
  SmallLanguageModel model = make_language_model(1);
  SmallLanguageModel guide = make_language_model(2);
  torch::optim::Adam optimizer{model->parameters(), 0.05};
  Learner<SmallLanguageModel> learner{model, optimizer};
  Guide reference{guide};
  CuratedSequences curated = {};
  CurationScorer scorer{
      learner,
      reference,
      curated,
      {.count = 8, .sampling = {.chunks = 4, .gain = 40}, .seed = 3, .refresh_every = 5}};
  ForgetfulScorer forgetful{scorer};
  Pool source = {};
  TrainerState state = {};
};

bool same_bits(const NamedTensors& a, const NamedTensors& b) {
  return std::ranges::equal(a, b, [](const auto& one, const auto& other) {
    return one.first == other.first && one.second.equal(other.second);
  });
}

/// Parameters after 20 steps, interrupted after `stop`.
NamedTensors interrupted(std::int64_t stop, bool remembers, ExampleCounts* examples = nullptr) {
  const oracle::TemporaryFolder folder;
  TrainerSpec spec{.steps = stop, .checkpoint_every = stop};
  spec.checkpoints = folder.file("checkpoints");
  AlignedTraining{.remembers = remembers}.train(spec);
  spec.steps = 20;
  AlignedTraining second{.remembers = remembers};
  NamedTensors tensors = second.train(spec);
  if (examples) *examples = second.state.examples;
  return tensors;
}

TEST(ResumeAligned, InsideAPeriodEndsWithTheBitsOfAnUndisturbedRun) {
  AlignedTraining undisturbed;
  const NamedTensors expected = undisturbed.train({.steps = 20});
  ExampleCounts examples;
  EXPECT_TRUE(same_bits(interrupted(7, true, &examples), expected));
  EXPECT_EQ(undisturbed.state.examples.scored, 20 * 40 + 4 * 4);
  EXPECT_EQ(examples.scored, undisturbed.state.examples.scored);
  EXPECT_TRUE(same_bits(interrupted(10, true), expected));  // at the start of one
}

TEST(ResumeAligned, WithoutTheTargetGoesAnotherWay) {
  const NamedTensors expected = AlignedTraining().train({.steps = 20});
  EXPECT_FALSE(same_bits(interrupted(7, false), expected));
  EXPECT_TRUE(same_bits(interrupted(10, false), expected));  // where it is renewed anyway
}

TEST(ResumeAligned, BeforeTheFirstSelectionHasNothingToRemember) {
  const oracle::TemporaryFolder folder;
  TrainerSpec spec{.steps = 3, .selection = {.start = 12}, .checkpoint_every = 3};
  spec.checkpoints = folder.file("checkpoints");
  AlignedTraining().train(spec);
  spec.steps = 20;
  const NamedTensors resumed = AlignedTraining().train(spec);
  spec.checkpoints.clear();
  EXPECT_TRUE(same_bits(resumed, AlignedTraining().train(spec)));
}

TEST(ResumeAligned, RefusesACheckpointWithoutTheTarget) {
  const oracle::TemporaryFolder folder;
  TrainerSpec spec{.steps = 7, .checkpoint_every = 7};
  spec.checkpoints = folder.file("checkpoints");
  AlignedTraining{.remembers = false}.train(spec);
  spec.steps = 20;
  EXPECT_THAT(oracle::message_of([&] { AlignedTraining().train(spec); }),
              HasSubstr("a scorer's period in the checkpoint, got none"));
}

}  // namespace
}  // namespace jest

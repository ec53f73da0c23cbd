// Picks by gradient alignment: against a plain computation, and who is run when.
#include "jest/scorers/aligned_scorer.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "jest/scorers/wrappers.hpp"
#include "oracle/agree.hpp"
#include "oracle/dense_sampler.hpp"
#include "oracle/dense_tensor_sketch.hpp"
#include "oracle/message_of.hpp"
#include "oracle/small_sequences.hpp"

namespace jest {
namespace {

using oracle::agree;
using oracle::message_of;
using testing::CuratedSequences;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kSmallSketch;
using testing::make_language_model;
using testing::make_sequences;
using testing::Sequences;
using testing::SmallLanguageModel;

constexpr std::int64_t kCandidates = 40;

struct Aligned {
  SmallLanguageModel model = make_language_model(1);
  SmallLanguageModel guide = make_language_model(2);
  torch::optim::SGD optimizer{model->parameters(), 0.5};
  Learner<SmallLanguageModel> learner{model, optimizer};
  ReferenceModel<SmallLanguageModel> reference{guide};
  CuratedSequences curated;
  Sequences batch = make_sequences(kCandidates, 3);

  using Scorer =
      AlignedScorer<SmallLanguageModel, ReferenceModel<SmallLanguageModel>, CuratedSequences&>;

  Scorer scorer(AlignedScorerSpec spec) {
    if (spec.count == 0) spec.count = 8;
    return {learner, reference, curated, spec};
  }
  ScoredSelection select(const AlignedScorerSpec& spec, std::int64_t step = 5) {
    return scorer(spec).select(batch, step);
  }
};

/// Features [n, D] float64 by autograd, one example at a time, and the sketch's definition.
at::Tensor plain_features(SmallLanguageModel& model, const Sequences& batch) {
  model->eval();
  std::vector<at::Tensor> rows;
  for (std::int64_t i = 0; i < batch.tokens.size(0); ++i) {
    const at::Tensor loss = model->losses(batch.at({i})).sum();
    const auto gradient = torch::autograd::grad({loss}, {model->last->weight})[0];
    rows.push_back(oracle::dense_tensor_sketch(gradient, kSmallSketch));
  }
  return torch::stack(rows);
}

struct Plain {
  double step_size;
  double interaction;
  double learnability_weight;
  ScoreWeights weights;
};

/// U(A) as a full table, from the features and losses above.
oracle::PairSum plain_terms(Aligned& f, const Plain& how, const Sequences& curated) {
  const at::Tensor h = plain_features(f.model, f.batch);
  const at::Tensor v = plain_features(f.model, curated).mean(0);
  f.guide->eval();
  const at::Tensor learnability = how.weights.learner * f.model->losses(f.batch) -
                                  how.weights.reference * f.guide->losses(f.batch);
  const at::Tensor own =
      how.step_size * h.matmul(v) + how.learnability_weight * learnability.to(at::kDouble);
  at::Tensor terms = -0.5 * how.step_size * how.step_size * h.matmul(h.t());
  terms.diagonal().copy_(own);
  oracle::PairSum sum{{}, how.interaction};
  for (std::int64_t i = 0; i < kCandidates; ++i) {
    const double* row = terms[i].data_ptr<double>();
    sum.terms.emplace_back(row, row + kCandidates);
  }
  return sum;
}

TEST(AlignedScorer, PicksWhatAPlainComputationPicks) {
  const Plain cases[] = {{1, 1, 0, kLearnability},
                         {0.5, 2, 0, kLearnability},
                         {0.5, 0.7, 0.3, kLearnability},
                         {2, 1, -0.2, {0.5, 2}},
                         {1, -1, 0.1, kHardLearner}};
  for (const Plain& how : cases) {
    for (const Preset preset : {Preset::kJoint, Preset::kGreedy, Preset::kMeanField}) {
      Aligned f;
      const oracle::PairSum terms = plain_terms(f, how, f.curated.at(2));
      const Sampling sampling{.preset = preset, .gain = 40, .interaction = {how.interaction}};
      const SelectionSpec spec{.count = 9, .sampling = sampling, .seed = 7, .step = 5};
      const auto want = oracle::dense_select(terms, spec, f.batch.names);
      const auto got = f.select({.count = 9,
                                 .sampling = sampling,
                                 .seed = 7,
                                 .step_size = how.step_size,
                                 .learnability_weight = how.learnability_weight,
                                 .learnability = how.weights,
                                 .refresh_every = 2});
      EXPECT_EQ(got.indices, want.indices);
      EXPECT_TRUE(agree(got.scores, want.scores, 1e-5));
      double mean = 0;
      for (std::int64_t i = 0; i < kCandidates; ++i) mean += terms.own(i) / kCandidates;
      EXPECT_TRUE(agree(got.statistics.mean_own_score_super_batch, mean, 1e-5));
    }
  }
}

TEST(AlignedScorer, RunsTheReferenceOnlyForItsWeight) {
  Aligned f;
  EXPECT_EQ(f.select({}).scoring.reference_scored, 0);
  EXPECT_EQ(
      f.select({.learnability_weight = 1, .learnability = kHardLearner}).scoring.reference_scored,
      0);
  EXPECT_EQ(f.guide->forwards, 0);
  EXPECT_EQ(f.select({.learnability_weight = 1}).scoring.reference_scored, kCandidates);
  EXPECT_EQ(f.guide->forwards, 1);
  ReferenceModel<LossStore> stored{LossStore(f.batch.names, std::vector<float>(kCandidates, 1))};
  AlignedScorer scorer(f.learner, stored, f.curated, {.count = 8, .learnability_weight = 1});
  EXPECT_EQ(scorer.select(f.batch, 0).scoring.reference_scored, 0);
}

TEST(AlignedScorer, RefreshesItsTargetOncePerPeriodAndCountsTheCost) {
  Aligned f;
  auto scorer = f.scorer({.refresh_every = 4});
  std::vector<std::int64_t> scored;
  for (const std::int64_t step : {1, 2, 3, 4, 5, 11, 14}) {
    scored.push_back(scorer.select(f.batch, step).scoring.learner_scored);
  }
  EXPECT_THAT(f.curated.asked, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(scored, ElementsAre(44, 40, 40, 44, 40, 44, 44));
}

TEST(AlignedScorer, HoldsItsTargetWhileTheParametersMove) {
  Aligned f;
  auto scorer = f.scorer({.refresh_every = 4});
  const auto direction = [&] { return scorer.state().at(1).second.clone(); };
  scorer.select(f.batch, 0);
  const at::Tensor first = direction();
  f.learner.step(f.batch);
  scorer.select(f.batch, 3);
  EXPECT_TRUE(direction().equal(first));
  scorer.select(f.batch, 4);
  EXPECT_FALSE(direction().equal(first));
  const at::Tensor want = plain_features(f.model, f.curated.at(1)).mean(0);
  EXPECT_TRUE(direction().to(at::kDouble).allclose(want, 1e-4, 1e-6));
}

TEST(AlignedScorer, FollowsItsCuratedSet) {
  Aligned f;
  const AlignedScorerSpec spec{.sampling = {.preset = Preset::kTopK}};
  const auto picks = f.select(spec).indices;
  EXPECT_EQ(f.select(spec).indices, picks);
  f.curated.pool = make_sequences(40, 41);
  EXPECT_NE(f.select(spec).indices, picks);
}

// Half of the super-batch is one sequence, the target's own; interaction is what makes copies
// costly.
TEST(AlignedScorer, WithInteractionPicksFewerCopies) {
  Aligned f;
  const at::Tensor copy = f.batch.tokens.slice(0, 0, 1);
  f.batch.tokens.slice(0, 0, 20).copy_(copy.expand({20, -1}));
  f.curated.pool = testing::name_sequences(copy.expand({40, -1}));
  const auto copies = [&](double interaction) {
    const auto picks = f.select({.sampling = {.gain = 200, .interaction = {interaction}}}).indices;
    return std::count_if(picks.begin(), picks.end(), [](std::int64_t i) { return i < 20; });
  };
  EXPECT_EQ(copies(0), 8);
  EXPECT_LT(copies(1), 4);
}

TEST(AlignedScorer, WithoutInteractionIsTheIndependentDraw) {
  Aligned f;
  const auto before = f.select({.sampling = {.chunks = 4, .interaction = {1, 6}}});
  const auto independent = f.select({.sampling = {.preset = Preset::kIndependent}});
  EXPECT_EQ(before.indices, independent.indices);
  EXPECT_NE(f.select({.sampling = {.chunks = 4, .interaction = {1, 5}}}).indices,
            independent.indices);
}

TEST(AlignedScorer, ScoresInMicroBatchesInEvalModeWithoutGradient) {
  Aligned f;
  f.model->train();
  const auto whole = f.select({});
  EXPECT_EQ(f.model->forwards, 2);  // the curated batch and the super-batch
  const auto parts = f.select({.scoring = {.micro_batch = 7}});
  EXPECT_EQ(parts.indices, whole.indices);
  EXPECT_EQ(f.model->forwards, 2 + 1 + 6);
  EXPECT_TRUE(f.model->is_training());
  for (const auto& parameter : f.model->parameters()) EXPECT_FALSE(parameter.grad().defined());
  EXPECT_GT(f.learner.step(f.batch), 0);
}

TEST(AlignedScorer, GivesItsStateThroughACascade) {
  Aligned f;
  auto scorer = f.scorer({.refresh_every = 100});
  const LossStore losses(f.batch.names, std::vector<float>(kCandidates, 0));
  Cascade cascade(scorer, losses, {.keep = 20});
  static_assert(KeepsState<Cascade<Aligned::Scorer>>);
  cascade.select(f.batch, 0);
  f.learner.step(f.batch);
  auto restored = f.scorer({.refresh_every = 100});
  Cascade(restored, losses, {.keep = 20}).load_state(cascade.state());
  EXPECT_EQ(restored.select(f.batch, 1).scores, scorer.select(f.batch, 1).scores);
  EXPECT_EQ(f.curated.asked.size(), 1U);
}

TEST(AlignedScorer, RefusesAForeignStateAndImpossibleSpecs) {
  Aligned f;
  auto scorer = f.scorer({});
  EXPECT_THAT(message_of([&] { scorer.load_state({}); }), HasSubstr("period in the checkpoint"));
  EXPECT_THAT(message_of([&] {
                scorer.load_state({{"period", torch::tensor({3}, at::kLong)}});
              }),
              HasSubstr("direction in the checkpoint"));
  scorer.load_state({{"period", torch::tensor({0}, at::kLong)}, {"direction", torch::ones({9})}});
  EXPECT_THAT(message_of([&] { scorer.select(f.batch, 0); }), HasSubstr("width 64, got 9"));
  EXPECT_THAT(message_of([&] { f.scorer({.count = -1}); }), HasSubstr("count of at least 1"));
  EXPECT_THAT(message_of([&] { f.scorer({.sampling = {.chunks = 9}}); }), HasSubstr("chunks"));
  EXPECT_THAT(message_of([&] { f.scorer({.step_size = 0}); }), HasSubstr("step size > 0"));
  EXPECT_THAT(message_of([&] { f.scorer({.refresh_every = 0}); }), HasSubstr("refresh_every"));
  EXPECT_THAT(message_of([&] {
                f.scorer({.learnability_weight = 1, .learnability = {0, 0}});
              }),
              HasSubstr("other than 0"));
}

TEST(AlignedScorer, RefusesATargetThatIsNotFinite) {
  Aligned f;
  f.model->last->weight.data()[0][0] = std::nanf("");
  EXPECT_THAT(message_of([&] { f.select({}); }), HasSubstr("target direction: expected finite"));
}

}  // namespace
}  // namespace jest

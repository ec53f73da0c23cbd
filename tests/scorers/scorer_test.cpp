// Learner, reference and scorer: who is run, in which mode, with what result.
#include <gtest/gtest.h>

#include "jest/io/atomic_file.hpp"
#include "jest/learner/stores.hpp"
#include "oracle/small_towers.hpp"
#include "oracle/temporary_folder.hpp"

namespace jest {
namespace {

using testing::make_pairs;
using testing::make_towers;
using testing::SmallTowers;
using testing::VectorPairs;

struct Fixture {
  SmallTowers model = make_towers(1);
  SmallTowers guide = make_towers(2);
  torch::optim::SGD optimizer{model->parameters(), 0.1};
  Learner<SmallTowers> learner{model, optimizer};
  ReferenceModel<SmallTowers> reference{guide};
  VectorPairs batch = make_pairs(40, 3);

  ScoredSelection select(ScorerSpec spec) {
    spec.count = 8;
    JointExampleScorer scorer(learner, reference, spec);
    return scorer.select(batch, 5);
  }
};

TEST(JointExampleScorer, EqualsSelectOnTheModelsEmbeddings) {
  Fixture f;
  const auto learner = score_embeddings(f.model, f.batch, {});
  const auto reference = score_embeddings(f.guide, f.batch, {});
  const PairTensors pairs{learner, reference, id_tensor(f.batch.names)};
  EXPECT_EQ(f.select({.seed = 4}).indices,
            select(pairs, {.count = 8, .seed = 4, .step = 5}).indices);
}

TEST(JointExampleScorer, NeverRunsAModelWhoseWeightIsZero) {
  Fixture f;
  f.select({.score = kHardLearner});
  EXPECT_EQ(f.guide->forwards, 0);
  EXPECT_EQ(f.model->forwards, 1);
  f.select({.score = kEasyReference});
  EXPECT_EQ(f.guide->forwards, 1);
  EXPECT_EQ(f.model->forwards, 1);
}

TEST(JointExampleScorer, MicroBatchesChangeNothing) {
  Fixture f;
  const auto whole = f.select({});
  f.model->forwards = 0;
  const auto parts = f.select({.scoring = {.micro_batch = 7}});
  EXPECT_EQ(parts.indices, whole.indices);
  EXPECT_EQ(f.model->forwards, 6);
}

TEST(JointExampleScorer, ScoresInEvalModeAndPutsTheModeBack) {
  Fixture f;
  f.model->train();
  EXPECT_EQ(f.select({}).indices, f.select({}).indices);  // dropout off
  EXPECT_TRUE(f.model->is_training());
  f.model->eval();
  f.select({.scoring = {.mode = ScoringMode::kTrain}});
  EXPECT_FALSE(f.model->is_training());
}

TEST(JointExampleScorer, PutsTheModeOfEveryPartBack) {
  Fixture f;
  f.model->train();
  f.model->x->eval();  // frozen
  f.guide->eval();
  f.guide->dropout->train();
  f.select({});
  EXPECT_TRUE(f.model->is_training());
  EXPECT_FALSE(f.model->x->is_training());
  EXPECT_TRUE(f.model->y->is_training());
  EXPECT_FALSE(f.guide->is_training());
  EXPECT_TRUE(f.guide->dropout->is_training());
}

TEST(JointExampleScorer, ScoringInTrainModeSeesDropout) {
  Fixture f;
  const auto first = f.select({.scoring = {.mode = ScoringMode::kTrain}}).scores;
  EXPECT_NE(f.select({.scoring = {.mode = ScoringMode::kTrain}}).scores, first);
}

TEST(JointExampleScorer, LeavesFrozenPartsFrozenInTrainMode) {
  Fixture f;
  f.model->train();
  f.model->dropout->eval();
  const auto first = f.select({.scoring = {.mode = ScoringMode::kTrain}}).scores;
  EXPECT_EQ(f.select({.scoring = {.mode = ScoringMode::kTrain}}).scores, first);
}

TEST(Learner, TrainsInTrainingModeAndLeavesFrozenPartsFrozen) {
  Fixture f;
  f.model->eval();
  f.learner.step(f.batch);
  EXPECT_TRUE(f.model->is_training());
  EXPECT_TRUE(f.model->dropout->is_training());
  f.model->dropout->eval();
  f.learner.step(f.batch);
  EXPECT_TRUE(f.model->is_training());
  EXPECT_FALSE(f.model->dropout->is_training());
}

TEST(JointExampleScorer, LeavesNoGradientAndNoGraph) {
  Fixture f;
  f.select({});
  for (const auto& parameter : f.model->parameters()) EXPECT_FALSE(parameter.grad().defined());
  EXPECT_GT(f.learner.step(f.batch), 0);  // training still works on the same parameters
}

TEST(JointExampleScorer, InteractionScheduleStartsOnItsStep) {
  Fixture f;
  const auto independent = f.select({.sampling = {.preset = Preset::kIndependent}}).statistics;
  const auto before = f.select({.sampling = {.chunks = 1, .interaction = {1, 6}}});
  EXPECT_EQ(before.statistics.mean_own_score_picks, independent.mean_own_score_picks);
  const auto late = f.select({.sampling = {.chunks = 8, .interaction = {1, 6}}}).scores;
  const auto now = f.select({.sampling = {.chunks = 8, .interaction = {1, 5}}}).scores;
  EXPECT_NE(late, now);
}

TEST(JointExampleScorer, WithoutInteractionIsTheIndependentDraw) {
  Fixture f;
  const auto before = f.select({.sampling = {.chunks = 4, .interaction = {1, 6}}, .seed = 9});
  const auto independent = f.select({.sampling = {.preset = Preset::kIndependent}, .seed = 9});
  EXPECT_EQ(before.indices, independent.indices);
  EXPECT_NE(f.select({.sampling = {.chunks = 4}, .seed = 9}).indices, independent.indices);
}

TEST(JointExampleScorer, RefusesImpossibleSpecsAtConstruction) {
  Fixture f;
  const auto build = [&](ScorerSpec spec) { JointExampleScorer(f.learner, f.reference, spec); };
  EXPECT_THROW(build({.count = 0}), Error);
  EXPECT_THROW(build({.count = 8, .sampling = {.chunks = 9}}), Error);
  EXPECT_THROW(build({.count = 8, .sampling = {.preset = Preset::kTopK, .chunks = 4}}), Error);
  EXPECT_THROW(build({.count = 8, .score = {0, 0}}), Error);
}

struct LossModelImpl : torch::nn::Module {
  at::Tensor losses(const VectorPairs& batch) { return batch.x.select(1, 0); }
};
TORCH_MODULE(LossModel);

TEST(JointExampleScorer, ScalarLossesWorkInJointModeAndSayThatTheyAreSeparable) {
  LossModel model;
  torch::optim::SGD optimizer(std::vector<at::Tensor>{torch::zeros({1}).requires_grad_()}, 0.1);
  Learner<LossModel> learner(model, optimizer);
  const VectorPairs batch = make_pairs(20, 3);
  ReferenceModel<LossStore> reference{LossStore(batch.names, std::vector<float>(20, 0.5F))};
  JointExampleScorer scorer(learner, reference,
                            {.count = 5, .sampling = {.chunks = 5, .gain = 1e6}});
  const auto picks = scorer.select(batch, 0);
  const at::Tensor best = std::get<1>(batch.x.select(1, 0).topk(5));
  EXPECT_TRUE(index_tensor(picks).equal(best));
  EXPECT_EQ(picks.scoring.remark, kSeparableRemark);
}

TEST(JointExampleScorer, PairsBesideAReferenceOfLossesAreScoredByTheirOwnTerms) {
  Fixture f;
  std::vector<float> guesses;
  for (std::size_t k = 0; k < f.batch.names.size(); ++k) guesses.push_back(0.1F * (k % 7));
  ReferenceModel<LossStore> reference{LossStore(f.batch.names, guesses)};
  const at::Tensor own = own_losses(score_embeddings(f.model, f.batch, {}), Contrast::kSigmoid);
  const LossTensors losses{own, torch::tensor(guesses), id_tensor(f.batch.names)};
  JointExampleScorer scorer(f.learner, reference, {.count = 8, .seed = 4});
  const ScoredSelection picks = scorer.select(f.batch, 5);
  EXPECT_EQ(picks.indices, select(losses, {.count = 8, .seed = 4, .step = 5}).indices);
  EXPECT_EQ(picks.scoring.remark, kSeparableRemark);
  EXPECT_EQ(picks.scoring.learner_scored, 40);
  EXPECT_EQ(picks.scoring.reference_scored, 0);
}

class Store : public ::testing::Test {
 protected:
  void SetUp() override {
    embeddings_ = score_embeddings(f_.guide, f_.batch, {});
    write_embedding_store(path_, content());
  }
  StoreContent content() const {
    return {embeddings_, torch::tensor(f_.batch.names, at::kLong), model_fingerprint(*f_.guide)};
  }
  void expect_refused(const std::string& reason) const {
    try {
      EmbeddingStore(path_, model_fingerprint(*f_.guide));
      FAIL() << "accepted";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(reason), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find(path_.string()), std::string::npos);
    }
  }

  oracle::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.file("store.safetensors");
  mutable Fixture f_;
  Embeddings embeddings_;
};

TEST_F(Store, PicksWhatTheLiveReferencePicks) {
  const auto live = f_.select({}).indices;
  ReferenceModel<EmbeddingStore> cached{EmbeddingStore(path_, model_fingerprint(*f_.guide))};
  JointExampleScorer scorer(f_.learner, cached, {.count = 8});
  const ScoredSelection picks = scorer.select(f_.batch, 5);
  EXPECT_EQ(picks.indices, live);
  EXPECT_EQ(picks.scoring.learner_scored, 40);
  EXPECT_EQ(picks.scoring.reference_scored, 0);
}

TEST_F(Store, MayBeOfRowsThatSomebodyElseMade) {
  const HostEmbeddings rows("rows", embeddings_);
  const GivenEmbeddings given{.ids = f_.batch.names, .embeddings = rows.view()};
  const auto live = f_.select({}).indices;
  ReferenceModel<EmbeddingStore> cached{EmbeddingStore(given)};
  JointExampleScorer scorer(f_.learner, cached, {.count = 8});
  EXPECT_EQ(scorer.select(f_.batch, 5).indices, live);
  GivenEmbeddings twice = given, few = given;
  twice.ids[1] = twice.ids[0];
  few.ids.pop_back();
  EXPECT_THROW(EmbeddingStore{twice}, Error);
  EXPECT_THROW(EmbeddingStore{few}, Error);
  bool asked = false;
  GivenEmbeddings watched = given;
  watched.expect_unchanged = [&asked] { asked = true; };
  EmbeddingStore(watched).gather(f_.batch.names);
  EXPECT_TRUE(asked);
}

TEST_F(Store, OfAnotherModelIsRefused) {
  StoreContent other = content();
  other.fingerprint = "00000000";
  write_embedding_store(path_, other);
  expect_refused("fingerprint");
}

TEST_F(Store, ThatChangedSinceItWasSummedIsRefused) {
  std::string bytes = read_file(path_);
  bytes[bytes.size() - 400] = static_cast<char>(bytes[bytes.size() - 400] ^ 1);
  write_file(path_, bytes);
  expect_refused("checksum");
}

TEST_F(Store, ThatIsTruncatedIsRefused) {
  write_file(path_, read_file(path_).substr(0, 700));
  expect_refused("header");
}

TEST_F(Store, WithoutItsMetadataIsRefused) {
  NamedTensors tensors = load_tensors(SafetensorsFile(path_));
  save_tensors(path_, tensors, {{"fingerprint", model_fingerprint(*f_.guide)}});
  expect_refused("metadata dtype");
}

TEST_F(Store, WithoutAnIdOfTheSuperBatchSaysWhich) {
  const EmbeddingStore store(path_, "");
  const std::vector<std::int64_t> ids{100, 999};
  EXPECT_THROW(store.gather(ids), Error);
}

TEST(Fingerprint, ChangesWithAnyParameter) {
  SmallTowers model = make_towers(1);
  const auto before = model_fingerprint(*model);
  EXPECT_EQ(model_fingerprint(*make_towers(1)), before);
  const torch::NoGradGuard guard;
  model->bias.add_(1e-3);
  EXPECT_NE(model_fingerprint(*model), before);
}

}  // namespace
}  // namespace jest

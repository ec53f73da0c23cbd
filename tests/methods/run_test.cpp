// Every method through scorer_of and objective_of on small data: its distinguishing property, and
// that picks, scores or losses differ from plain JEST's where the paper's do.
#include "jest/methods/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <numeric>
#include <set>

#include "jest/train/trainer_spec.hpp"
#include "oracle/message_of.hpp"
#include "oracle/small_sequences.hpp"
#include "oracle/small_towers.hpp"
#include "oracle/temporary_folder.hpp"

namespace jest::testing {
namespace {

using oracle::message_of;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::int64_t kOffered = 60;
constexpr std::int64_t kTaken = 20;
using Picks = std::vector<std::vector<std::int64_t>>;

/// The first half of the numbers of each example alone.
VectorPairs cheaper(const VectorPairs& batch) {
  VectorPairs view = batch;
  view.x = batch.x.clone();
  view.x.slice(1, kWidth / 2).zero_();
  return view;
}

/// Every other example at the cheaper view.
VectorPairs half_cheaper(const VectorPairs& batch) {
  VectorPairs mixed = batch;
  mixed.x = batch.x.clone();
  mixed.x.slice(0, 0, {}, 2).copy_(cheaper(batch).x.slice(0, 0, {}, 2));
  return mixed;
}

/// A guide with one parameter.
struct TinyTowersImpl : torch::nn::Module {
  at::Tensor bias = register_parameter("bias", torch::scalar_tensor(-3.0F));
  Embeddings embed(const VectorPairs& batch) {
    return {batch.x, batch.y, torch::scalar_tensor(10.0F), bias};
  }
};
TORCH_MODULE(TinyTowers);

struct Outcome {
  Picks picks;
  double loss = 0;
  int learner_forwards = 0;  ///< of scoring
  int guide_forwards = 0;    ///< of scoring
};

/// What a user has: a model, a guide, a pool, and what some methods need beside.
struct PairSetting {
  SmallTowers model = make_towers(1);
  SmallTowers guide = make_towers(2);
  SmallTowers small = make_towers(3);
  torch::optim::SGD optimizer{model->parameters(), 0.1};
  torch::optim::SGD small_optimizer{small->parameters(), 0.1};
  Learner<SmallTowers> proxy{small, small_optimizer};
  VectorPairs batch = make_pairs(kOffered, 3);
  oracle::TemporaryFolder folder;

  PairSetting() { small->eval(); }

  MethodSpec<VectorPairs> spec(std::uint64_t seed = 4) {
    MethodSpec<VectorPairs> spec{.count = kTaken, .seed = seed};
    spec.first_stage = {.keep = 30, .gain = 2};
    return spec;
  }

  EmbeddingStore store() {
    const auto path = folder.file("store.safetensors");
    write_embedding_store(
        path, {score_embeddings(guide, batch, {}), torch::tensor(batch.names, at::kLong), "guide"});
    return {path, "guide"};
  }

  template <class R>
  Outcome run_with(const Method& method, R& reference, MethodSpec<VectorPairs> spec) {
    ObjectiveSpec<VectorPairs> objective;
    if (method.cheaper_view) {
      spec.scored_view = cheaper;
      objective.trained_view = half_cheaper;
    }
    if (method.cascade) spec.pool_losses.emplace(store().own_losses());
    Learner learner{model, optimizer,
                    objective_of<VectorPairs>(method, model, reference, objective)};
    auto scorer = scorer_of<VectorPairs>(method, learner, reference, spec,
                                         ProxyOf{proxy, LearningRate{.peak = 0.05}});
    Outcome outcome;
    model->forwards = guide->forwards = 0;
    for (std::int64_t step = 0; step < 4; ++step) {
      outcome.picks.push_back(scorer.select(batch, step).indices);
    }
    outcome.learner_forwards = model->forwards;
    outcome.guide_forwards = guide->forwards;
    model->eval();
    outcome.loss = learner.loss(batch).template item<double>();
    return outcome;
  }

  Outcome run(const Method& method, std::uint64_t seed = 4) {
    if (method.reference.access == ReferenceAccess::kStoredOnly) {
      ReferenceModel<EmbeddingStore> stored{store()};
      return run_with(method, stored, spec(seed));
    }
    ReferenceModel<SmallTowers> live{guide};
    return run_with(method, live, spec(seed));
  }
};

Outcome outcome_of(const Method& method, std::uint64_t seed = 4) {
  return PairSetting().run(method, seed);
}

/// Of the methods that train pairs, which pick and which train otherwise than JEST does.
struct Difference {
  const Method& method;
  bool picks;
  bool loss;
};

TEST(Methods, DifferFromJestWhereTheirPapersDo) {
  const Difference differences[] = {{kUniform, true, false},    {kJest, false, false},
                                    {kFlexiJest, true, true},   {kRhoLoss, true, false},
                                    {kActiveClip, true, false}, {kAcid, false, false},
                                    {kAced, false, true},       {kDrrho, true, true},
                                    {kInfomax, true, false},    {kSelectiveBackprop, true, false},
                                    {kDmSgd, true, false},      {kPoissonDisk, true, false},
                                    {kCascade, true, false}};
  const Outcome jest = outcome_of(kJest);
  for (const auto& [method, picks, loss] : differences) {
    const Outcome outcome = outcome_of(method);
    EXPECT_EQ(outcome.picks != jest.picks, picks) << method.name;
    EXPECT_EQ(outcome.loss != jest.loss, loss) << method.name;
    for (const auto& indices : outcome.picks) {
      EXPECT_EQ(std::set(indices.begin(), indices.end()).size(), kTaken) << method.name;
    }
  }
}

TEST(Jest, IsJointSelectionByLearnabilityInSixteenChunks) {
  PairSetting s;
  const PairTensors pairs{score_embeddings(s.model, s.batch, {}),
                          score_embeddings(s.guide, s.batch, {}), id_tensor(s.batch.names)};
  Picks want;
  for (std::int64_t step = 0; step < 4; ++step) {
    want.push_back(
        select(pairs,
               {.count = kTaken, .sampling = {.chunks = 16, .gain = 100}, .seed = 4, .step = step})
            .indices);
  }
  EXPECT_EQ(s.run(kJest).picks, want);
}

TEST(Uniform, RunsNoModel) {
  const Outcome outcome = outcome_of(kUniform);
  EXPECT_EQ(outcome.learner_forwards + outcome.guide_forwards, 0);
}

TEST(FlexiJest, ScoresTheLearnerOnTheViewAndTheReferenceOnTheWhole) {
  PairSetting s;
  const PairTensors pairs{score_embeddings(s.model, cheaper(s.batch), {}),
                          score_embeddings(s.guide, s.batch, {}), id_tensor(s.batch.names)};
  const auto want =
      select(pairs, {.count = kTaken, .sampling = {.chunks = 16, .gain = 100}, .seed = 4}).indices;
  const Outcome outcome = s.run(kFlexiJest);
  EXPECT_EQ(outcome.picks.front(), want);
  EXPECT_EQ(outcome.guide_forwards, 0);
  s.model->eval();
  EXPECT_EQ(outcome.loss, sigmoid_loss(s.model->embed(half_cheaper(s.batch))).item<double>());
}

TEST(RhoLoss, TakesTheLargestReducibleLossesWhateverTheSeed) {
  PairSetting s;
  const at::Tensor reducible =
      own_losses(score_embeddings(s.model, s.batch, {}), Contrast::kSigmoid) -
      own_losses(score_embeddings(s.guide, s.batch, {}), Contrast::kSigmoid);
  const at::Tensor order = reducible.argsort(0, true);
  const Outcome outcome = s.run(kRhoLoss);
  for (int k = 0; k < kTaken; ++k) {
    EXPECT_EQ(outcome.picks.front()[k], order[k].item<std::int64_t>());
  }
  EXPECT_EQ(outcome_of(kRhoLoss, 5).picks, outcome.picks);
}

TEST(ActiveClip, NeverRunsTheLearnerForScoringAndTrainsItsProxy) {
  PairSetting s;
  const at::Tensor before = s.small->x->weight.clone();
  EXPECT_EQ(s.run(kActiveClip).learner_forwards, 0);
  EXPECT_FALSE(s.small->x->weight.equal(before));
}

TEST(Acid, WantsAReferenceOfTheLearnersSize) {
  PairSetting s;
  ReferenceModel reference{TinyTowers()};
  for (const Method& method : {kAcid, kAced}) {
    EXPECT_THAT(message_of([&] { s.run_with(method, reference, s.spec()); }),
                AllOf(HasSubstr(std::string(method.name)),
                      HasSubstr("a reference of at least the learner's 85 parameters, got 1")));
  }
  ReferenceModel<EmbeddingStore> stored{s.store()};
  EXPECT_THAT(message_of([&] { s.run_with(kAcid, stored, s.spec()); }),
              HasSubstr("reference_parameters"));
  auto spec = s.spec();
  spec.reference_parameters = 85;
  EXPECT_EQ(s.run_with(kAcid, stored, spec).picks, outcome_of(kJest).picks);
}

TEST(Aced, AddsTheReferencesMatchingToTheLoss) {
  PairSetting s;
  const double loss = s.run(kAced).loss;
  s.model->eval();
  const Embeddings student = s.model->embed(s.batch);
  const Embeddings teacher = score_embeddings(s.guide, s.batch, {});
  EXPECT_EQ(loss, distilled_loss(student, teacher, {.weight = 1}).item<double>());
}

TEST(Drrho, DrawsUniformlyAndWeighsByTheReference) {
  PairSetting s;
  const Outcome outcome = s.run(kDrrho);
  EXPECT_EQ(outcome.picks, outcome_of(kUniform).picks);
  s.model->eval();
  const at::Tensor losses = contrastive_losses(s.model->embed(s.batch), Contrast::kSigmoid);
  const at::Tensor reference =
      contrastive_losses(score_embeddings(s.guide, s.batch, {}), Contrast::kSigmoid);
  EXPECT_EQ(outcome.loss, reference_weighted_loss(losses, reference, 1).item<double>());
}

TEST(Infomax, IsWhatDiversityMakesOfIt) {
  Method plain = kInfomax;
  plain.rule = ByDiversity{.strength = 0};
  EXPECT_NE(outcome_of(kInfomax).picks, outcome_of(plain).picks);
}

TEST(SelectiveBackprop, NeverRunsTheReference) {
  const Outcome outcome = outcome_of(kSelectiveBackprop);
  EXPECT_EQ(outcome.guide_forwards, 0);
  EXPECT_EQ(outcome.learner_forwards, 4);
  Method steeper = kSelectiveBackprop;
  steeper.rule = ByLossRanks{.power = 8};
  EXPECT_NE(outcome_of(steeper).picks, outcome.picks);
}

TEST(DmSgd, TakesWhatSpansAVolumeInTheReferencesEmbeddings) {
  PairSetting s;
  const Outcome outcome = s.run(kDmSgd);
  EXPECT_EQ(outcome.learner_forwards, 0);
  EXPECT_EQ(outcome.guide_forwards, 4);
  const Embeddings seen = score_embeddings(s.guide, s.batch, {});
  const auto volume = [&](const Picks& picks) {
    const at::Tensor rows =
        torch::cat({seen.x, seen.y}, 1).index_select(0, torch::tensor(picks[0]));
    const at::Tensor kernel = torch::matmul(rows, rows.t()) / 0.2;  // noise 0.1, and e = (x, y)/√2
    return torch::logdet(kernel + torch::eye(kTaken)).item<double>();
  };
  EXPECT_GT(volume(outcome.picks), volume(outcome_of(kUniform).picks));
  Method ranked = kDmSgd;
  ranked.sampling.preset = Preset::kGreedy;
  EXPECT_GT(volume(outcome_of(ranked).picks), volume(outcome.picks));
}

TEST(PoissonDisk, KeepsADistanceInTheReferencesEmbeddings) {
  PairSetting s;
  Method method = kPoissonDisk;
  method.rule = ByPoissonDisk{.radius = 0.6};
  const Outcome outcome = s.run(method);
  EXPECT_EQ(outcome.learner_forwards, 0);
  EXPECT_EQ(outcome.guide_forwards, 4);
  const Embeddings seen = score_embeddings(s.guide, s.batch, {});
  const at::Tensor rows = torch::cat({seen.x, seen.y}, 1) / std::sqrt(2.0);
  const auto crowded = [&](const Picks& picks) {
    double near = 0;
    for (const auto& step : picks) {
      const at::Tensor taken = rows.index_select(0, torch::tensor(step));
      near += (torch::cdist(taken, taken) < 0.6).sum().item<double>() - kTaken;
    }
    return near;
  };
  EXPECT_LT(crowded(outcome.picks), crowded(outcome_of(kUniform).picks) / 2);
}

TEST(CascadeMethod, PicksAmongTheKept) {
  PairSetting s;
  Method kept = kCascade;
  auto spec = s.spec();
  spec.first_stage = {.keep = kTaken, .gain = 1e6};
  ReferenceModel<SmallTowers> live{s.guide};
  const Outcome outcome = s.run_with(kept, live, spec);
  const at::Tensor order =
      own_losses(score_embeddings(s.guide, s.batch, {}), Contrast::kSigmoid).argsort();
  std::set<std::int64_t> lowest;
  for (int k = 0; k < kTaken; ++k) lowest.insert(order[k].item<std::int64_t>());
  for (const auto& indices : outcome.picks) {
    EXPECT_EQ(std::set(indices.begin(), indices.end()), lowest);
  }
}

/// Language models: losses, losses of tokens, gradient features.
struct SequenceSetting {
  SmallLanguageModel model = make_language_model(1);
  SmallLanguageModel guide = make_language_model(2);
  torch::optim::SGD optimizer{model->parameters(), 0.1};
  ReferenceModel<SmallLanguageModel> reference{guide};
  CuratedSequences curated;
  Sequences batch = make_sequences(40, 3);

  Outcome run(const Method& method) {
    Learner learner{model, optimizer, objective_of<Sequences>(method, model, reference)};
    MethodSpec<Sequences> spec{.count = 8, .seed = 4};
    if (method.has_rule<ByGradients>()) {
      spec.curated = [this](std::int64_t k) { return curated.at(k); };
    }
    auto scorer = scorer_of<Sequences>(method, learner, reference, spec);
    Outcome outcome;
    for (std::int64_t step = 0; step < 4; ++step) {
      outcome.picks.push_back(scorer.select(batch, step).indices);
    }
    outcome.guide_forwards = guide->forwards;
    model->eval();
    outcome.loss = learner.loss(batch).template item<double>();
    return outcome;
  }
};

/// Mean of `values` over all picks.
double mean_of(const at::Tensor& values, const Picks& picks) {
  double total = 0;
  for (const auto& step : picks) {
    total += values.index_select(0, torch::tensor(step)).mean().item<double>();
  }
  return total / static_cast<double>(picks.size());
}

TEST(Greats, FollowsGradientsTowardsTheCuratedBatchAndNeedsNoReference) {
  SequenceSetting s;
  const Outcome outcome = s.run(kGreats);
  EXPECT_EQ(outcome.guide_forwards, 0);
  EXPECT_THAT(s.curated.asked, ::testing::ElementsAre(0));
  EXPECT_EQ(outcome.picks[0], outcome.picks[1]) << "ranked, not drawn";
  EXPECT_NE(outcome.picks, SequenceSetting().run(kJest).picks);
  const LossesAndFeatures scored = score_losses_and_features(s.model, s.batch, {});
  const at::Tensor v = score_losses_and_features(s.model, s.curated.at(0), {}).features.mean(0);
  const auto first = scored.features.matmul(v).argmax().item<std::int64_t>();
  EXPECT_EQ(outcome.picks[0].front(), first);
}

TEST(DivBs, SpansTheMeanGradientPickByPickAndNeedsNoReference) {
  SequenceSetting s;
  const Outcome outcome = s.run(kDivBs);
  EXPECT_EQ(outcome.guide_forwards, 0);
  EXPECT_NE(outcome.picks, SequenceSetting().run(kJest).picks);
  Method ranked = kDivBs;
  ranked.sampling = {.preset = Preset::kGreedy};
  const auto greedy = SequenceSetting().run(ranked).picks.front();
  const at::Tensor features =
      score_losses_and_features(s.model, s.batch, {}).features.to(at::kDouble);
  at::Tensor residual = features.mean(0);
  EXPECT_EQ(greedy.front(), features.matmul(residual).abs().argmax().item<std::int64_t>());
  const at::Tensor first = features[greedy.front()] / features[greedy.front()].norm();
  residual = residual - first.dot(residual) * first;
  at::Tensor parts = features.matmul(residual).abs();
  parts[greedy.front()] = -1;
  EXPECT_EQ(greedy[1], parts.argmax().item<std::int64_t>());
}

TEST(GradientNorm, DrawsInProportionToTheLengthsOfGradients) {
  SequenceSetting s;
  const Outcome outcome = s.run(kGradientNorm);
  EXPECT_EQ(outcome.guide_forwards, 0);
  EXPECT_NE(outcome.picks, SequenceSetting().run(kJest).picks);
  Method ranked = kGradientNorm;
  ranked.sampling.preset = Preset::kTopK;
  const at::Tensor norms = score_losses_and_features(s.model, s.batch, {}).features.norm(2, 1);
  const auto longest = std::get<1>(norms.topk(8)).contiguous();
  const auto* first = longest.const_data_ptr<std::int64_t>();
  EXPECT_THAT(SequenceSetting().run(ranked).picks.front(),
              ::testing::ElementsAreArray(first, first + 8));
  EXPECT_GT(mean_of(norms, outcome.picks), mean_of(norms, SequenceSetting().run(kUniform).picks));
}

TEST(Rho1, TrainsOnTheMostLearnableTokensOfUniformBatches) {
  SequenceSetting s;
  const Outcome outcome = s.run(kRho1);
  EXPECT_EQ(outcome.picks, SequenceSetting().run(kUniform).picks);
  EXPECT_NE(outcome.loss, SequenceSetting().run(kJest).loss);
  s.model->eval();
  const at::Tensor reference = score_token_losses(s.guide, s.batch, {});
  EXPECT_EQ(outcome.loss,
            learnable_token_loss(s.model->token_losses(s.batch), reference, 0.6).item<double>());
}

TEST(Methods, OfLossesRunWithoutEmbeddings) {
  for (const Method& method : {kUniform, kJest, kRhoLoss, kSelectiveBackprop, kDrrho}) {
    EXPECT_EQ(SequenceSetting().run(method).picks.size(), 4) << method.name;
  }
}

TEST(Methods, OfPairsTakeAReferenceOfLosses) {
  const auto outcome_by = [](const Method& method) {
    PairSetting s;
    std::vector<float> losses;
    for (std::int64_t k = 0; k < kOffered; ++k) losses.push_back(k < kTaken ? -100.0F : 0.0F);
    ReferenceModel<LossStore> reference{LossStore(s.batch.names, losses)};
    return s.run_with(method, reference, s.spec());
  };
  std::vector<std::int64_t> easy(kTaken);
  std::iota(easy.begin(), easy.end(), 0);
  for (const Method& method : {kJest, kRhoLoss, kActiveClip}) {
    Picks picks = outcome_by(method).picks;
    for (auto& step : picks) std::ranges::sort(step);
    EXPECT_EQ(picks, Picks(4, easy)) << method.name;
  }
  for (const Method& method : {kInfomax, kDmSgd, kDrrho}) {
    EXPECT_THAT(message_of([&] { outcome_by(method); }), HasSubstr("`embed`")) << method.name;
  }
}

TEST(Methods, NameWhatAModelLacks) {
  SequenceSetting s;
  EXPECT_THAT(message_of([&] { s.run(kInfomax); }),
              AllOf(HasSubstr("method infomax"), HasSubstr("EmbedsPairs")));
  EXPECT_THAT(message_of([&] { s.run(kAced); }),
              AllOf(HasSubstr("method aced"), HasSubstr("embed pairs")));
  PairSetting pairs;
  EXPECT_THAT(message_of([&] { pairs.run(kDivBs); }), HasSubstr("method divbs: expected a model"));
  EXPECT_THAT(message_of([&] { pairs.run(kGreats); }),
              AllOf(HasSubstr("method greats"), HasSubstr("GivesGradientFeatures")));
  EXPECT_THAT(message_of([&] { pairs.run(kRho1); }),
              AllOf(HasSubstr("method rho-1"), HasSubstr("token_losses")));
}

TEST(Methods, NameWhatAUserDidNotGive) {
  PairSetting s;
  ReferenceModel<SmallTowers> live{s.guide};
  NoReference none;
  Learner learner{s.model, s.optimizer};
  const auto scorer = [&](const Method& method, auto& reference) {
    return message_of([&] {
      scorer_of<VectorPairs>(method, learner, reference, MethodSpec<VectorPairs>{.count = 4});
    });
  };
  EXPECT_THAT(scorer(kRhoLoss, none), HasSubstr("method rho-loss: expected a reference"));
  EXPECT_THAT(scorer(kCascade, live), HasSubstr("MethodSpec::pool_losses"));
  EXPECT_THAT(scorer(kActiveClip, live), HasSubstr("jest::ProxyOf"));
  EXPECT_THAT(scorer(kAced, live), HasSubstr("jest::objective_of(method, model, reference)"));
  EXPECT_THAT(scorer(kFlexiJest, live), HasSubstr("jest::objective_of"));
  const ObjectiveSpec<VectorPairs> objective{.trained_view = half_cheaper};
  Learner flexi{s.model, s.optimizer,
                objective_of<VectorPairs>(kFlexiJest, s.model, live, objective)};
  EXPECT_THAT(message_of([&] {
                scorer_of<VectorPairs>(kFlexiJest, flexi, live,
                                       MethodSpec<VectorPairs>{.count = 4});
              }),
              HasSubstr("MethodSpec::scored_view"));
  MethodSpec<VectorPairs> viewed{.count = 4};
  viewed.scored_view = cheaper;
  EXPECT_THAT(message_of([&] { scorer_of<VectorPairs>(kFlexiJest, flexi, live, viewed); }),
              HasSubstr("whose answers are stored"));
  EXPECT_THAT(message_of([&] { objective_of<VectorPairs>(kFlexiJest, s.model, live); }),
              HasSubstr("ObjectiveSpec::trained_view"));
  EXPECT_THAT(message_of([&] { scorer_of<VectorPairs>(kJest, flexi, live, viewed); }),
              HasSubstr("a learner with the objective of this method, got one with that of "
                        "flexi-jest"));
  SequenceSetting sequences;
  Learner reader{sequences.model, sequences.optimizer};
  EXPECT_THAT(message_of([&] {
                scorer_of<Sequences>(kGreats, reader, sequences.reference,
                                     MethodSpec<Sequences>{.count = 4});
              }),
              HasSubstr("MethodSpec::curated"));
}

TEST(Methods, WithoutAReferenceTakeNone) {
  PairSetting s;
  NoReference none;
  for (const Method& method : {kUniform, kSelectiveBackprop}) {
    EXPECT_EQ(s.run_with(method, none, s.spec()).picks, outcome_of(method).picks) << method.name;
  }
}

}  // namespace
}  // namespace jest::testing

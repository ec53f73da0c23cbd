// Training over ranks: the gradient, the picks and the resumed runs of one process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "jest/methods/run.hpp"
#include "oracle/gloo_ranks.hpp"
#include "oracle/message_of.hpp"
#include "oracle/small_sequences.hpp"
#include "oracle/temporary_folder.hpp"
#include "train/small_training.hpp"

namespace jest {
namespace {

using oracle::errors_of_worlds;
using ::testing::Each;
using ::testing::HasSubstr;
using testing::make_language_model;
using testing::make_pairs;
using testing::make_sequences;
using testing::make_towers;
using testing::Sequences;
using testing::SmallLanguageModel;
using testing::SmallTowers;
using testing::VectorPairs;

/// The same model without dropout, whose draws would differ.
template <class Model>
Model without_dropout(Model model) {
  model->dropout->options.p(0);
  return model;
}

/// The examples of rank r where ranks have 3, 1, 3, 1, ... of four.
template <class B>
B own_part(const B& batch, const World& world) {
  std::vector<std::int64_t> positions;
  for (std::int64_t k = 0; k < std::ssize(batch.names); ++k) {
    const std::int64_t owner = k % 4 == 3 ? 1 : 0;
    if ((k / 4 * 2 + owner) % world.size() == world.rank()) positions.push_back(k);
  }
  return batch.at(positions);
}

/// Gradients of one step over ranks against those of one process. `objective` makes one of a guide
/// that no other rank has.
template <class Make, class B, class Objective>
void expect_one_gradient(const Make& make, const B& batch, const Objective& objective) {
  using Guides = ReferenceModel<decltype(make(1))>;
  for (const std::int64_t micro_batch : {0, 2}) {
    auto alone = make(1);
    auto guide = make(2);
    Guides reference(guide);
    torch::optim::SGD still(alone->parameters(), 0.0);
    Learner one(alone, still, objective(reference), Precision::kAmbient,
                {.micro_batch = micro_batch});
    const double loss = one.step(batch);
    for (const int ranks : {2, 4}) {
      std::vector<decltype(make(1))> models;
      std::vector<decltype(make(1))> guides;
      for (int rank = 0; rank < ranks; ++rank) {
        models.push_back(make(1));
        guides.push_back(make(2));
      }
      const auto errors = errors_of_worlds(ranks, [&](World& world) {
        auto& model = models[detail::at(world.rank())];
        Guides known(guides[detail::at(world.rank())]);
        torch::optim::SGD optimizer(model->parameters(), 0.0);
        Learner learner(model, optimizer, objective(known), Precision::kAmbient,
                        {.micro_batch = micro_batch, .world = &world});
        EXPECT_NEAR(learner.step(own_part(batch, world)), loss, 1e-5);
        std::vector<at::Tensor> gradients;
        for (std::size_t k = 0; k < model->parameters().size(); ++k) {
          const at::Tensor got = model->parameters()[k].grad();
          const at::Tensor want = alone->parameters()[k].grad();
          ASSERT_EQ(got.defined(), want.defined());
          if (!got.defined()) continue;
          const double scale = std::max(1.0, want.abs().max().template item<double>());
          EXPECT_LE((got - want).abs().max().template item<double>(), 1e-5 * scale) << k;
          gradients.push_back(got);
        }
        check_same(world, "gradients", gradients);
      });
      EXPECT_THAT(errors, Each("")) << ranks << " ranks, in parts of " << micro_batch;
    }
  }
}

SmallTowers towers(std::uint64_t seed = 1) { return without_dropout(make_towers(seed)); }
SmallLanguageModel language_model(std::uint64_t seed = 1) {
  return without_dropout(make_language_model(seed));
}

TEST(RanksTrain, ContrastiveLossesOfTheWholeBatch) {
  const VectorPairs batch = make_pairs(16, 3);
  expect_one_gradient(towers, batch, [](auto&) { return OwnLoss(Contrast::kSigmoid); });
  expect_one_gradient(towers, batch, [](auto&) { return OwnLoss(Contrast::kSoftmax); });
}

TEST(RanksTrain, ObjectivesWithAReference) {
  const VectorPairs batch = make_pairs(16, 3);
  using Guide = ReferenceModel<SmallTowers>;
  expect_one_gradient(towers, batch,
                      [](Guide& guide) { return Distilled(guide, {.weight = 0.3}); });
  expect_one_gradient(towers, batch, [](Guide& guide) { return ReferenceWeighted(guide, 0.5); });
  const SmallTowers model = towers();
  expect_one_gradient(towers, batch, [&](Guide& guide) {
    return objective_of<VectorPairs>(find_method("drrho"), model, guide);
  });
}

TEST(RanksTrain, LossesOfExamplesAndTokens) {
  const Sequences batch = make_sequences(16, 3);
  using Guide = ReferenceModel<SmallLanguageModel>;
  expect_one_gradient(language_model, batch, [](Guide&) { return OwnLoss(); });
  expect_one_gradient(language_model, batch,
                      [](Guide& guide) { return ReferenceWeighted(guide, 0.5); });
  expect_one_gradient(language_model, batch,
                      [](Guide& guide) { return LearnableTokens(guide, 0.6); });
}

TEST(RanksTrain, LossesOfOneTypeOfModelAreMeansOverExamples) {
  const Sequences batch = make_sequences(16, 3);
  const auto longest = [](SmallLanguageModel& model, const Sequences& own) {
    return model->losses(own).square().mean();
  };
  auto alone = language_model();
  torch::optim::SGD still(alone->parameters(), 0.0);
  Learner one(alone, still, longest);
  const double loss = one.step(batch);
  SmallLanguageModel models[] = {language_model(), language_model()};
  const auto errors = errors_of_worlds(2, [&](World& world) {
    SmallLanguageModel& model = models[world.rank()];
    torch::optim::SGD optimizer(model->parameters(), 0.0);
    Learner learner(model, optimizer, longest, Precision::kAmbient, {.world = &world});
    EXPECT_NEAR(learner.step(own_part(batch, world)), loss, 1e-5);
  });
  EXPECT_THAT(errors, Each(""));
}

TEST(RanksTrain, RefuseARankWithoutExamples) {
  const VectorPairs batch = make_pairs(3, 3);
  SmallTowers models[] = {towers(), towers()};
  const auto errors = errors_of_worlds(2, [&](World& world) {
    SmallTowers& model = models[world.rank()];
    torch::optim::SGD optimizer(model->parameters(), 0.1);
    Learner learner(model, optimizer, OwnLoss(), Precision::kAmbient, {.world = &world});
    learner.step(world.rank() == 0 ? batch : batch.at({}));
  });
  EXPECT_THAT(errors, Each(HasSubstr("learner: expected at least one example on every rank")));
}

/// A whole training on some ranks; every rank's result.
struct Trained {
  std::vector<NamedTensors> tensors;
  std::vector<TrainerState> states;
  std::vector<std::vector<std::int64_t>> picks;  // of rank 0, step by step
};

struct TrainSpec {
  int ranks = 1;
  std::int64_t steps = 6;
  std::filesystem::path checkpoints = {};
  const char* method = "jest";
};

void train_rank(World* world, const TrainSpec& how, Trained& run) {
  const std::size_t rank = detail::at(world ? world->rank() : 0);
  // Threads share LibTorch's generator: all that draws from it comes first.
  static std::mutex drawing;
  std::unique_lock lock(drawing);
  SmallTowers model = towers();
  SmallTowers guide = make_towers(2);
  testing::RollingSource source{make_pairs(600, 5), 192};
  lock.unlock();
  if (world) world->wait();
  auto optimizer = fused_adam(model->parameters(), {.learning_rate = 0.02});
  const Method& method = find_method(how.method);
  ReferenceModel<SmallTowers> reference(guide);
  Learner learner(model, *optimizer, objective_of<VectorPairs>(method, model, reference),
                  Precision::kAmbient, {.world = world});
  const MethodSpec<VectorPairs> spec{
      .count = 32, .seed = 3, .sampling = {.chunks = 4, .gain = 5}, .exchange = world};
  auto scorer = scorer_of<VectorPairs>(method, learner, reference, spec);
  TrainerSpec training{.steps = how.steps,
                       .learning_rate = {.peak = 0.02},
                       .seed = 11,
                       .checkpoint_every = 2,
                       .checkpoints = how.checkpoints,
                       .world = world};
  TrainerHooks<VectorPairs> hooks;
  hooks.watch_selection = [&](const VectorPairs& batch, const Selection& picks, std::int64_t) {
    std::vector<std::int64_t> ids;
    for (const std::int64_t i : picks.indices) ids.push_back(batch.names.at(detail::at(i)));
    run.picks.push_back(std::move(ids));
  };
  hooks.tags_of = [](const VectorPairs& batch) {
    return std::map<std::string, std::int64_t>{{"any", std::ssize(batch.names)}};
  };
  Trainer trainer(source, learner, scorer, training, hooks);
  run.states[rank] = trainer.run();
  for (const auto& [name, tensor] : learner.state()) {
    run.tensors[rank].emplace_back(name, tensor.clone());
  }
}

Trained train(const TrainSpec& how) {
  Trained run{.tensors = std::vector<NamedTensors>(detail::at(how.ranks)),
              .states = std::vector<TrainerState>(detail::at(how.ranks)),
              .picks = {}};
  if (how.ranks == 1) {
    train_rank(nullptr, how, run);
    return run;
  }
  const auto errors = errors_of_worlds(how.ranks, [&](World& w) { train_rank(&w, how, run); });
  EXPECT_THAT(errors, Each(""));
  return run;
}

double largest_difference(const NamedTensors& a, const NamedTensors& b) {
  double largest = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t k = 0; k < std::min(a.size(), b.size()); ++k) {
    const at::Tensor apart = (a[k].second.to(at::kDouble) - b[k].second.to(at::kDouble)).abs();
    if (apart.numel() > 0) largest = std::max(largest, apart.max().item<double>());
  }
  return largest;
}

TEST(RanksTrain, StepForStepAsOneProcess) {
  for (const char* method : {"jest", "uniform", "drrho"}) {
    SCOPED_TRACE(method);
    const Trained one = train({.method = method});
    for (const int ranks : {2, 3}) {
      const Trained run = train({.ranks = ranks, .method = method});
      EXPECT_EQ(run.picks, one.picks);
      EXPECT_LE(largest_difference(run.tensors[0], one.tensors[0]), 2e-4);
      for (int rank = 1; rank < ranks; ++rank) {
        EXPECT_EQ(largest_difference(run.tensors[detail::at(rank)], run.tensors[0]), 0);
      }
      EXPECT_EQ(run.states[0].examples.trained, 6 * 32);
      EXPECT_EQ(run.states[0].examples.scored, one.states[0].examples.scored);
      EXPECT_GT(run.states[0].cpu_seconds, 0);
    }
  }
}

TEST(RanksTrain, AnyNumberOfRanksResumesACheckpoint) {
  const Trained whole = train({.ranks = 2});
  for (const int ranks : {1, 2, 4}) {
    const oracle::TemporaryFolder folder;
    train({.ranks = 2, .steps = 4, .checkpoints = folder.file("run")});
    const Trained rest = train({.ranks = ranks, .checkpoints = folder.file("run")});
    const double apart = largest_difference(rest.tensors[0], whole.tensors[0]);
    if (ranks == 2) {
      EXPECT_EQ(apart, 0);
    } else {
      EXPECT_LE(apart, 2e-4);
    }
    EXPECT_EQ(rest.picks.size(), 2u);
    EXPECT_EQ(rest.picks, (std::vector(whole.picks.begin() + 4, whole.picks.end())));
    EXPECT_EQ(rest.states[0].examples.trained, 6 * 32);
  }
}

/// The values of evaluations.
struct EvaluationsSink : MetricSink {
  std::vector<Values> values;
  void evaluation(const EvaluationMetrics& metrics) override { values.push_back(metrics.values); }
};

TEST(RanksTrain, EvaluateTogether) {
  SmallTowers models[] = {towers(), towers(), towers()};
  const testing::RollingSource source{make_pairs(40, 5), 16};
  const auto sink = std::make_shared<EvaluationsSink>();
  const auto errors = errors_of_worlds(3, [&](World& world) {
    SmallTowers& model = models[world.rank()];
    torch::optim::SGD optimizer(model->parameters(), 0.1);
    Learner learner(model, optimizer, OwnLoss(), Precision::kAmbient, {.world = &world});
    UniformScorer scorer(8, 1);
    const TrainerHooks<VectorPairs> hooks{.evaluate = [&] {
      return Values{{"sum of ranks", world.sum(world.rank())}};
    }};
    Trainer trainer(source, learner, scorer,
                    {.steps = 3, .evaluate_every = 2, .sinks = {sink}, .world = &world}, hooks);
    trainer.run();
  });
  EXPECT_THAT(errors, Each(""));
  EXPECT_THAT(sink->values,
              ::testing::ElementsAre(Values{{"sum of ranks", 3.0}}, Values{{"sum of ranks", 3.0}}));
}

TEST(RanksTrain, RefuseReplicasThatDiffer) {
  SmallTowers models[] = {towers(), towers()};
  const testing::RollingSource source{make_pairs(40, 5), 16};
  const auto errors = errors_of_worlds(2, [&](World& world) {
    SmallTowers& model = models[world.rank()];
    if (world.rank() == 1) model->bias.data().add_(1e-6);
    torch::optim::SGD optimizer(model->parameters(), 0.1);
    Learner learner(model, optimizer, OwnLoss(), Precision::kAmbient, {.world = &world});
    UniformScorer scorer(8, 1);
    Trainer trainer(source, learner, scorer, {.steps = 2, .world = &world});
    trainer.run();
  });
  EXPECT_THAT(errors, Each(HasSubstr("the learner's parameters: expected the same bits")));
}

TEST(RanksTrain, RefuseALearnerThatIsAlone) {
  SmallTowers model = towers();
  const testing::RollingSource source{make_pairs(40, 5), 16};
  const auto errors = errors_of_worlds(2, [&](World& world) {
    torch::optim::SGD optimizer(model->parameters(), 0.1);
    Learner learner(model, optimizer);
    UniformScorer scorer(8, 1);
    Trainer trainer(source, learner, scorer, {.steps = 2, .world = &world});
  });
  EXPECT_THAT(errors, Each("trainer: expected a learner over its 2 ranks (StepSpec::world), got "
                           "one over 1"));
}

/// A model that fails on one rank.
struct FailingTowersImpl : testing::SmallTowersImpl {
  bool fails = false;
  Embeddings embed(const VectorPairs& batch) {
    if (fails) refuse("towers", "power", "none");
    return testing::SmallTowersImpl::embed(batch);
  }
};
TORCH_MODULE(FailingTowers);

TEST(RanksTrain, AnErrorInOneRanksScoringIsThrownByAllAtOnce) {
  const VectorPairs super_batch = make_pairs(192, 5);
  SmallTowers guides[] = {make_towers(2), make_towers(2), make_towers(2)};
  FailingTowers models[3];
  models[1]->fails = true;
  const auto errors = errors_of_worlds(3, [&](World& world) {
    FailingTowers& model = models[world.rank()];
    torch::optim::SGD optimizer(model->parameters(), 0.1);
    Learner learner(model, optimizer);
    ReferenceModel<SmallTowers> reference(guides[world.rank()]);
    JointExampleScorer scorer(learner, reference, {.count = 32, .exchange = &world});
    scorer.select(super_batch, 7);
  });
  EXPECT_THAT(errors, Each("select at step 7, round 0, rank 1 of 3: towers: expected power, got "
                           "none"));
}

}  // namespace
}  // namespace jest

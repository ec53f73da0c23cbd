#pragma once
// One arm with one seed: a learner trained from scratch by the library's Trainer.

#include "jest/model/aligned_scorer.hpp"
#include "jest/model/cascade.hpp"
#include "jest/model/scored_as.hpp"
#include "train/arm_options.hpp"
#include "train/reference_run.hpp"
#include "train/samples.hpp"

namespace jest {

/// Super-batches as an arm's learner is to train on them.
template <Task T>
struct ArmSource {
  const T& task;
  const Arm& arm;
  TableSource<typename T::Batch> source;

  typename T::Batch at(std::int64_t step) const { return task.trained_as(source.at(step), arm); }
};

/// Curated batches as an arm's learner scores them.
template <Task T>
struct CuratedSource {
  const ArmSource<T>& seen;
  const typename T::Options& options;

  typename T::Batch at(std::int64_t k) const {
    return seen.task.scored_as(seen.source.at(k), options, seen.arm);
  }
};

/// Per-example FLOPs of an arm.
template <Task T>
ForwardFlops arm_flops(const T& task, typename T::Model& learner, ReferenceRun<T>& reference,
                       const typename T::Options& options, const Arm& arm) {
  return {.learner = task.training_flops(learner, arm),
          .reference = task.scoring_flops(reference.model, options, Arm{}),
          .scoring = task.scoring_flops(learner, options, arm)};
}

/// Trains, or goes on, in OUT/<arm>-seed<k>, and leaves model.safetensors there.
template <Task T>
class ArmTraining {
 public:
  using Model = typename T::Model;
  using Batch = typename T::Batch;
  using Options = typename T::Options;

  ArmTraining(const T& task, const ArmRun& run, ReferenceRun<T>& reference)
      : task_(task),
        run_(run),
        options_(options_of(run.arm, task.options())),
        reference_(reference),
        folder_(options_.out / run.name()),
        model_(moved_to(options_.device_name, task.make_learner(run.seed))),
        optimizer_(fused_adam(model_->parameters(), {.learning_rate = options_.learning_rate})),
        learner_(model_, *optimizer_, Contrast::kSigmoid, options_.precision()) {}

  void run(ReferenceStores<T>& stores) {
    if (std::filesystem::exists(folder_ / "model.safetensors")) return;
    std::filesystem::create_directories(folder_);
    const ForwardFlops forward = arm_flops(task_, model_, reference_, options_, run_.arm);
    spec_ = trainer_spec(options_, steps_of(run_.arm, options_, forward), run_.seed);
    spec_.checkpoints = folder_ / "checkpoints";
    spec_.sinks = run_sinks(run_.name(), folder_, forward);
    if (!run_.arm.scores()) return train_uniformly();
    if (!uses_store(run_.arm, options_)) {
      ReferenceModel<Model> live(reference_.model, {.precision = options_.precision()});
      return train_scored(live, [](auto& scorer, const auto& use) { use(scorer); });
    }
    const auto& store = stores.of(options_);
    ReferenceModel<typename T::Store> cached(store);
    if (run_.arm.kind != ArmKind::kCascade) {
      return train_scored(cached, [](auto& scorer, const auto& use) { use(scorer); });
    }
    train_scored(cached, [&](auto& scorer, const auto& use) {
      Cascade cascade(scorer, own_losses_of(store), {options_.cascade_to, options_.cascade_gain});
      use(cascade);
    });
  }

 private:
  static LossStore own_losses_of(const EmbeddingStore& store) { return store.own_losses(); }
  static LossStore own_losses_of(const LossStore& store) { return store; }

  void train_uniformly() {
    UniformScorer uniform(options_.count, run_.seed);
    train(pool_source(), uniform);
  }

  template <class Reference>
  void train_aligned(Reference& reference) {
    if constexpr (GivesGradientFeatures<Model, Batch>) {
      const auto& table = task_.data().curated;
      const ArmSource<T> curated{task_, run_.arm, {table, {options_.count, run_.seed}}};
      const CuratedSource<T> seen{curated, options_};
      AlignedScorer scorer(learner_, reference, seen, aligned_spec());
      ScoredAs viewed(scorer, view());
      train(pool_source(), viewed);
    } else {
      refuse("arm " + run_.arm.name, "a model with gradient features", T::kName);
    }
  }

  AlignedScorerSpec aligned_spec() const {
    const ScorerSpec plain = scorer_spec(options_, run_);
    AlignedScorerSpec spec{.count = plain.count,
                           .chunks = plain.chunks,
                           .gain = plain.gain,
                           .seed = plain.seed,
                           .interaction = plain.interaction,
                           .scoring = plain.scoring};
    if constexpr (GivesGradientFeatures<Model, Batch>) {
      spec.step_size = options_.step_size;
      spec.refresh_every = options_.refresh_every;
      if (uses_reference(run_.arm)) spec.learnability_weight = options_.learnability_weight;
    }
    return spec;
  }

  auto view() const {
    return [this](const Batch& super_batch) {
      return task_.scored_as(super_batch, options_, run_.arm);
    };
  }

  /// `stage` may put another in front of the scorer.
  template <class Reference, class Stage>
  void train_scored(Reference& reference, const Stage& stage) {
    if (run_.arm.kind == ArmKind::kAligned) return train_aligned(reference);
    JointExampleScorer scorer(learner_, reference, scorer_spec(options_, run_));
    ScoredAs viewed(scorer, view());
    stage(viewed, [this](auto& staged) { train(pool_source(), staged); });
  }

  ArmSource<T> pool_source() const {
    const auto& pool = task_.data().pool;
    if (run_.arm.kind == ArmKind::kOracle) {
      auto rows = rows_with_tag(*pool, run_.arm.tag, options_.count);
      return {task_, run_.arm, {pool, std::move(rows), {options_.count, run_.seed}}};
    }
    return {task_, run_.arm, {pool, {candidates_of(run_.arm, options_), run_.seed}}};
  }

  template <class Scorer>
  void train(const ArmSource<T>& source, Scorer& scorer) {
    Trainer trainer(source, learner_, scorer, spec_);
    trainer.evaluate = [this] { return task_.evaluate(model_); };
    trainer.tags_of = [](const Batch& batch) {
      return count_tags(batch.rows().table(), batch.rows().rows());
    };
    trainer.watch_selection = [this](const Batch& super_batch, const Selection& picks,
                                     std::int64_t step) { watch(super_batch, picks, step); };
    trainer.watch_batch = [this](const Batch& batch, std::int64_t step) {
      const Values values = task_.batch_values(batch);
      if (values.empty()) return;
      nlohmann::ordered_json json{{"event", "batch"}, {"step", step + 1}};
      json.update(nlohmann::ordered_json(values));
      record(json.dump());
    };
    trainer.run();
    save_model(folder_ / "model.safetensors", *model_, model_->metadata());
  }

  void watch(const Batch& super_batch, const Selection& picks, std::int64_t step) {
    if (step != spec_.steps / 10 && step != spec_.steps * 9 / 10) return;
    const std::string line = sample_line<T>(task_.stored_as(super_batch, options_), picks,
                                            {task_, step + 1, model_, reference_.model});
    record(line);
  }

  void record(const std::string& line) {
    for (const auto& sink : spec_.sinks) {
      if (auto* file = dynamic_cast<JsonLinesSink*>(sink.get())) file->record(line);
    }
  }

  const T& task_;
  const ArmRun& run_;
  const Options options_;
  ReferenceRun<T>& reference_;
  std::filesystem::path folder_;
  Model model_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  Learner<Model> learner_;
  TrainerSpec spec_;
};

}  // namespace jest

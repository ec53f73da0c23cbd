#pragma once
// One arm with one seed: a learner trained from scratch by the library's Trainer.

#include "jest/scorers/aligned_scorer.hpp"
#include "jest/scorers/cascade.hpp"
#include "jest/scorers/online_proxy.hpp"
#include "jest/scorers/scored_as.hpp"
#include "jest/scorers/any_scorer.hpp"
#include "train/arm_options.hpp"
#include "train/arm_source.hpp"
#include "train/batch_gradients.hpp"
#include "train/samples.hpp"

namespace jest::apps::train {

/// Trains, or goes on, in OUT/<arm>-seed<k>, and leaves model.safetensors there. From the method's
/// fields to the training loop each function adds one part: reference, objective, criterion, what
/// stands before and behind the scorer.
template <Task T>
class ArmTraining {
 public:
  using Model = typename T::Model;
  using Batch = typename T::Batch;
  using Options = typename T::Options;
  using Objective = std::function<at::Tensor(Model&, const Batch&)>;

  ArmTraining(const T& task, const ArmRun& run, ReferenceRun<T>& reference)
      : task_(task),
        run_(run),
        method_(run.arm.method),
        options_(options_of(run.arm, task.options())),
        reference_(reference),
        live_(reference.model, {.precision = options_.precision()}),
        folder_(options_.out / run.name()),
        files_{folder_ / "model.safetensors", folder_ / "checkpoints"},
        model_(moved_to(options_.device_name, task.make_learner(run.seed))),
        optimizer_(fused_adam(model_->parameters(), {.learning_rate = options_.learning_rate})) {}

  void run(ReferenceStores<T>& stores) {
    if (files_.finished()) return;
    std::filesystem::create_directories(folder_);
    const ForwardFlops forward = arm_flops(task_, model_, reference_, options_, run_.arm);
    spec_ = trainer_spec(options_, steps_of(run_.arm, options_, forward), run_.seed);
    if (!compares_models(run_.arm)) spec_.selection.stop_window = 0;
    spec_.checkpoints = files_.checkpoints;
    spec_.sinks = run_sinks(run_.name(), folder_, forward);
    if (!method_.uses_reference()) {
      NoReference none;
      with_objective(none);
    } else if (!uses_store(run_.arm, options_)) {
      with_objective(live_);
    } else {
      const auto& store = stores.of(options_);
      if (run_.arm.has_first_stage()) first_stage_.emplace(own_losses_of_pool(store));
      ReferenceModel<typename T::Store> cached(store);
      with_objective(cached);
    }
  }

 private:
  static LossStore own_losses_of_pool(const EmbeddingStore& store) { return store.own_losses(); }
  static LossStore own_losses_of_pool(const LossStore& store) { return store; }

  template <class Reference>
  void with_objective(Reference& reference) {
    Learner<Model, Objective> learner(model_, *optimizer_, objective(reference),
                                      options_.precision());
    if (!method_.scores()) {
      UniformScorer uniform(options_.count, run_.seed);
      return train(learner, uniform);
    }
    if (!run_.arm.has_proxy()) {
      return with_criterion(learner, reference,
                            [&](auto& scorer) { train_scored(learner, scorer); });
    }
    Model small = moved_to(options_.device_name, task_.make_reference(run_.seed));
    const auto optimizer = fused_adam(small->parameters(), {});
    Learner proxy(small, *optimizer, OwnLoss(), options_.precision());
    with_criterion(proxy, reference, [&](auto& scorer) {
      OnlineProxy scored_by_proxy(scorer, proxy, spec_.learning_rate);
      train_scored(learner, scored_by_proxy);
    });
  }

  template <class Reference>
  Objective objective(Reference& reference) {
    if constexpr (EmbedsPairs<Model, Batch>) {
      if (method_.trained_by == TrainedBy::kDistillation) {
        return Distilled(reference, {.weight = options_.distillation});
      }
    }
    if constexpr (GivesTokenLosses<Model, Batch>) {
      if (options_.tokens < 1) return LearnableTokens(live_, options_.tokens);
    }
    if (method_.trained_by == TrainedBy::kReferenceWeights) {
      return ReferenceWeighted(reference, options_.temperature);
    }
    return OwnLoss();
  }

  /// Calls `use(scorer)` for a scorer of the super-batches that `scored` is to see.
  template <class Scored, class Reference, class Use>
  void with_criterion(Scored& scored, Reference& reference, const Use& use) {
    const ScorerSpec spec = scorer_spec(options_, run_);
    if constexpr (GivesGradientFeatures<Model, Batch>) {
      if (run_.arm.aligns()) return with_alignment(scored, reference, use);
    }
    if constexpr (EmbedsPairs<Model, Batch>) {
      if (method_.criterion == Criterion::kDiversity) {
        JointExampleScorer scorer(scored, reference, spec, ByDiversity{options_.diversity});
        return as_viewed(scorer, use);
      }
    }
    if (method_.criterion == Criterion::kLossRanks) {
      JointExampleScorer scorer(scored, reference, spec, ByLossRanks{options_.rank_power});
      return as_viewed(scorer, use);
    }
    JointExampleScorer scorer(scored, reference, spec);
    as_viewed(scorer, use);
  }

  template <class Scored, class Reference, class Use>
  void with_alignment(Scored& scored, Reference& reference, const Use& use) {
    const ArmSource<T> curated{
        task_, options_, run_.arm, {task_.data().curated, {options_.count, run_.seed}}};
    const CuratedSource<T> seen{curated};
    AlignedScorer scorer(scored, reference, seen, aligned_spec());
    as_viewed(scorer, use);
  }

  AlignedScorerSpec aligned_spec() const {
    const ScorerSpec plain = scorer_spec(options_, run_);
    AlignedScorerSpec spec{.count = plain.count,
                           .preset = plain.preset,
                           .chunks = plain.chunks,
                           .gain = plain.gain,
                           .seed = plain.seed,
                           .interaction = plain.interaction,
                           .scoring = plain.scoring};
    if constexpr (GivesGradientFeatures<Model, Batch>) {
      spec.step_size = options_.step_size;
      spec.refresh_every = options_.refresh_every;
      if (method_.uses_reference()) spec.learnability_weight = options_.learnability_weight;
    }
    return spec;
  }

  /// The scorer sees what the arm scores; a first stage sees the super-batch before it.
  template <class Scorer, class Use>
  void as_viewed(Scorer& scorer, const Use& use) {
    ScoredAs viewed(scorer, [this](const Batch& super_batch) {
      return task_.scored_as(super_batch, options_, run_.arm);
    });
    if (!first_stage_) return use(viewed);
    Cascade cascade(viewed, *first_stage_, {options_.cascade_to, options_.cascade_gain});
    use(cascade);
  }

  template <class Scorer>
  void train_scored(Learner<Model, Objective>& learner, Scorer& scorer) {
    AnyScorer<Batch> any(scorer);
    train(learner, any);
  }

  ArmSource<T> pool_source() const {
    const auto& pool = task_.data().pool;
    if (run_.arm.kind == ArmKind::kOracle) {
      auto rows = rows_with_tag(*pool, run_.arm.tag, options_.count);
      return {task_, options_, run_.arm, {pool, std::move(rows), {options_.count, run_.seed}}};
    }
    return {task_, options_, run_.arm, {pool, {candidates_of(run_.arm, options_), run_.seed}}};
  }

  template <class Scorer>
  void train(Learner<Model, Objective>& learner, Scorer& scorer) {
    const ArmSource<T> source = pool_source();
    Trainer trainer(source, learner, scorer, spec_);
    trainer.evaluate = [this] { return task_.evaluate(model_); };
    trainer.tags_of = [](const Batch& batch) {
      return count_tags(batch.rows().table(), batch.rows().rows());
    };
    trainer.watch_selection = [this](const Batch& super_batch, const Selection& picks,
                                     std::int64_t step) { watch(super_batch, picks, step); };
    trainer.watch_batch = [this](const Batch& batch, std::int64_t step) {
      record("batch", step, task_.batch_values(batch));
      if (options_.gradients && spec_.evaluates_after(step)) {
        record("gradients", step, batch_gradients(model_, batch, curated_batch(step)));
      }
    };
    trainer.run();
    files_.finish(*model_, model_->metadata());
  }

  void watch(const Batch& super_batch, const Selection& picks, std::int64_t step) {
    if (!shows_samples(step)) return;
    const std::string line = sample_line<T>(task_.stored_as(super_batch, options_), picks,
                                            {task_, step + 1, model_, reference_.model});
    record(line);
  }

  /// A tenth and nine tenths through the steps among which a schedule selects.
  bool shows_samples(std::int64_t step) const {
    const SelectionSchedule& schedule = spec_.selection;
    const std::int64_t steps = std::min(spec_.steps, schedule.end) - schedule.start;
    return step == schedule.latest(schedule.start + steps / 10) ||
           step == schedule.latest(schedule.start + steps * 9 / 10);
  }

  /// As many curated examples as an arm trains on, or all there are.
  Batch curated_batch(std::int64_t step) const {
    const auto& curated = task_.data().curated;
    return TableSource<Batch>(curated, {std::min(options_.count, curated->rows()), run_.seed})
        .at(step);
  }

  void record(const char* event, std::int64_t step, const Values& values) {
    if (values.empty()) return;
    nlohmann::ordered_json json{{"event", event}, {"step", step + 1}};
    json.update(nlohmann::ordered_json(values));
    record(json.dump());
  }

  void record(const std::string& line) {
    for (const auto& sink : spec_.sinks) {
      if (auto* file = dynamic_cast<JsonLinesSink*>(sink.get())) file->record(line);
    }
  }

  const T& task_;
  const ArmRun& run_;
  const Method& method_;
  const Options options_;
  ReferenceRun<T>& reference_;
  ReferenceModel<Model> live_;
  std::filesystem::path folder_;
  RunFiles files_;
  Model model_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  std::optional<LossStore> first_stage_;
  TrainerSpec spec_;
};

}  // namespace jest::apps::train

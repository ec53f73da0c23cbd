#pragma once
// One arm with one seed: a learner trained from scratch by the library's Trainer, on the picks of
// the library's scorer_of.

#include <numeric>

#include "jest/methods/run.hpp"
#include "train/arm_costs.hpp"
#include "train/batch_gradients.hpp"
#include "train/divergence.hpp"
#include "train/ranks.hpp"

namespace jest::apps::train {

/// Trains, or goes on, in OUT/<arm>-seed<k>, and leaves model.safetensors there.
template <Task T>
class ArmTraining {
 public:
  using Model = typename T::Model;
  using Batch = typename T::Batch;
  using Options = typename T::Options;

  ArmTraining(const T& task, const ArmRun& run, ReferenceRun<T>& reference, EnergyMeter meter)
      : task_(task),
        run_(run),
        meter_(std::move(meter)),
        setup_(setup_of(run.arm, task.options())),
        method_(setup_.method),
        options_(setup_.options),
        reference_(reference),
        live_(live_of(reference)),
        folder_(options_.out / run.name()),
        files_{folder_ / "model.safetensors", folder_ / "checkpoints"},
        model_(moved_to(options_.device_name, starting_model(task, run.seed))),
        optimizer_(fused_adam(*model_, options_.adam_spec())) {}

  void run(ReferenceStores<T>& stores) {
    World* const world = options_.world;
    if (first_finds(world, [&] { return files_.finished(); })) {
      return on_first(world, [&] { files_.remove_checkpoints(); });
    }
    on_first(world, [&] { std::filesystem::create_directories(folder_); });
    if (options_.scorers > 0) split_ = world->split(static_cast<int>(options_.scorers));
    if (options_.filters()) keep_rows(stores);
    const ForwardFlops forward = arm_flops(task_, model_, reference_, setup_);
    spec_ = trainer_spec(options_, steps_of(run_.arm, options_, forward), run_.seed);
    if (!compares_models(method_)) spec_.selection.stop_window = 0;
    spec_.checkpoints = files_.checkpoints;
    if (is_first(world)) spec_.sinks = run_sinks(options_, {run_.name(), folder_, forward});
    spec_.meter = meter_;
    spec_.world = ranks();
    spec_.split = split_ ? &*split_ : nullptr;
    if (!method_.uses_reference()) {
      NoReference none;
      train_with(none);
    } else if (!uses_store(method_, options_)) {
      train_with(*live_);
    } else {
      if constexpr (Counts<T>) {
        if (reference_.counted) return train_by(reference_.counted->store);
      }
      train_by(stores.of(options_));
    }
  }

 private:
  /// Those that do the same as this one.
  World* ranks() { return split_ ? &split_->own : options_.world; }

  StepSpec step_spec() {
    StepSpec how = options_.step_spec();
    how.world = ranks();
    return how;
  }

  std::optional<ReferenceModel<Model>> live_of(ReferenceRun<T>& reference) const {
    if (!reference.runs()) return std::nullopt;
    return ReferenceModel<Model>(reference.model, options_.scoring_spec());
  }

  /// Rows of the pool that the filter leaves, by the losses of a cascade's first stage.
  void keep_rows(ReferenceStores<T>& stores) {
    const auto& pool = *task_.data().pool;
    const Filter filter{options_.filter_share, options_.filter_gain, run_.seed};
    if (reference_.first_stage) {
      kept_ = kept_rows(pool, reference_.first_stage->store, filter);
    } else if (reference_.counted) {
      kept_ = kept_rows(pool, reference_.counted->store, filter);
    } else {
      kept_ = kept_rows(pool, own_losses_of_pool(stores.of(options_)), filter);
    }
  }

  template <class Store>
  void train_by(const Store& store) {
    if (method_.cascade) pool_losses_.emplace(first_stage_losses(store));
    ReferenceModel<Store> stored(store);
    train_with(stored);
  }

  template <class Store>
  LossStore first_stage_losses(const Store& store) const {
    return reference_.first_stage ? reference_.first_stage->store : own_losses_of_pool(store);
  }
  static LossStore own_losses_of_pool(const EmbeddingStore& store) { return store.own_losses(); }
  static LossStore own_losses_of_pool(const LossStore& store) { return store; }

  /// What the arm's learner is trained by; tokens are compared by a reference that runs.
  template <class R>
  ObjectiveOf<Model, Batch> objective(R& reference) {
    const ObjectiveSpec<Batch> spec{.trained_view = task_.trained_view(options_, method_)};
    if (method_.template has_objective<TokenChoice>()) {
      return objective_of<Batch>(method_, model_, *live_, spec);
    }
    return objective_of<Batch>(method_, model_, reference, spec);
  }

  template <class R>
  void train_with(R& reference) {
    Learner learner(model_, *optimizer_, objective(reference), options_.precision(), step_spec());
    if (!method_.online_proxy) {
      auto scorer = scorer_of<Batch>(method_, learner, reference, method_spec());
      return train(learner, scorer);
    }
    Model small = moved_to(options_.device_name, task_.make_reference(run_.seed));
    const auto optimizer = fused_adam(*small, options_.adam_spec());
    Learner proxy(small, *optimizer, OwnLoss(), options_.precision(), step_spec());
    auto scorer = scorer_of<Batch>(method_, learner, reference, method_spec(),
                                   ProxyOf{proxy, spec_.learning_rate});
    train(learner, scorer);
  }

  MethodSpec<Batch> method_spec() {
    return {.count = options_.count,
            .seed = run_.seed,
            .sampling = options_.sampling(),
            .backend = options_.backend(),
            .threads = at::get_num_threads(),
            .scoring = options_.scoring_spec(),
            .exchange = ranks(),
            .scored_view = task_.scored_view(options_, method_),
            .pool_losses = pool_losses_,
            .first_stage = {options_.cascade_to, options_.cascade_gain},
            .reference_parameters = reference_parameters(),
            .curated = [source =
                            TableSource<Batch>(task_.data().curated, {curated_count(), run_.seed})](
                           std::int64_t k) { return source.at(k); }};
  }

  std::optional<std::int64_t> reference_parameters() const {
    if (!reference_.runs()) return std::nullopt;
    return parameter_count(*reference_.model);
  }

  /// As many curated examples as an arm trains on, or all there are.
  std::int64_t curated_count() const {
    return std::min(options_.count, task_.data().curated->rows());
  }

  std::vector<std::int64_t> pool_rows() const {
    const auto& pool = *task_.data().pool;
    if (run_.arm.kind == ArmKind::kOracle) return rows_with_tag(pool, run_.arm.tag, 1);
    return options_.filters() ? kept_ : all_rows(pool);
  }

  /// Super-batches of the pool, of the curated examples, or of both.
  TableSource<Batch> source() {
    const auto& data = task_.data();
    const bool known = run_.arm.kind == ArmKind::kOracle || run_.arm.kind == ArmKind::kCurated;
    // Without scores, and in the first stage of a cascade, few of the candidates are looked at.
    const bool ahead = known || (method_.scores() && !method_.cascade);
    const std::int64_t size = drawn_at_once(run_.arm, options_);
    const SuperBatchSpec spec{size, run_.seed, ahead, part_of_rank(ranks(), size)};
    if (run_.arm.kind == ArmKind::kCurated) return {data.curated, spec};
    const CuratedShare share = options_.curated_share();
    std::vector<std::int64_t> rows = pool_rows();
    if (!share.mixes()) return {data.pool, std::move(rows), spec};
    std::vector<std::int64_t> curated(data.curated->ids.size());
    std::iota(curated.begin(), curated.end(), data.pool->rows());
    if (!share.natural) {
      return {data.candidates, std::move(rows), {std::move(curated), share.of(spec.size)}, spec};
    }
    rows.insert(rows.end(), curated.begin(), curated.end());
    return {data.candidates, std::move(rows), spec};
  }

  template <class L>
  void train(L& learner, AnyScorer<Batch>& scorer) {
    const TableSource<Batch> batches = source();
    if (scorer.tells_rounds()) spec_.forward_ahead = options_.forward_ahead;
    Trainer trainer(batches, learner, scorer, spec_, hooks());
    try {
      trainer.run();
    } catch (const Error& error) {
      if (!gives_no_number(task_, model_)) throw;
      throw Error(text(error.what(), ", by the learner of ", run_.name(), ": ", kLowerRate));
    }
    on_first(options_.world, [&] { files_.finish(*model_, model_->metadata()); });
  }

  TrainerHooks<Batch> hooks() {
    return {.evaluate = [this] { return evaluate_all(task_, model_, ranks()); },
            .tags_of =
                [](const Batch& batch) {
                  return count_tags(batch.rows().table(), batch.rows().rows());
                },
            .watch_selection = [this](const Batch& super_batch, const Selection& picks,
                                      std::int64_t step) { watch(super_batch, picks, step); },
            .watch_batch = [this](const Batch& batch, std::int64_t step) { record(batch, step); }};
  }

  void record(const Batch& batch, std::int64_t step) {
    record("batch", step, task_.batch_values(batch));
    if (!options_.gradients || !spec_.evaluates_after(step)) return;
    const View<Batch> view = task_.trained_view(options_, method_);
    record("gradients", step,
           batch_gradients(model_, view ? view(batch) : batch, curated_batch(step)));
  }

  void watch(const Batch& super_batch, const Selection& picks, std::int64_t step) {
    if (!shows_samples(step)) return;
    const std::string line = sample_line<T>(task_.stored_as(super_batch, options_), picks,
                                            {task_, step + 1, model_, reference_});
    record(line);
  }

  /// A tenth and nine tenths through the steps among which a schedule selects.
  bool shows_samples(std::int64_t step) const {
    const SelectionSchedule& schedule = spec_.selection;
    const std::int64_t steps = std::min(spec_.steps, schedule.end) - schedule.start;
    return step == schedule.latest(schedule.start + steps / 10) ||
           step == schedule.latest(schedule.start + steps * 9 / 10);
  }

  Batch curated_batch(std::int64_t step) const {
    return TableSource<Batch>(task_.data().curated, {curated_count(), run_.seed}).at(step);
  }

  void record(const char* event, std::int64_t step, const Values& values) {
    if (values.empty()) return;
    nlohmann::ordered_json json{{"event", event}, {"step", step + 1}};
    json.update(nlohmann::ordered_json(values));
    record(json.dump());
    Values by_tag;
    for (const auto& [name, value] : values) by_tag[text(event, "/", name)] = value;
    for (const auto& sink : spec_.sinks) {
      if (auto* file = dynamic_cast<TensorBoardSink*>(sink.get())) file->scalars(step + 1, by_tag);
    }
  }

  void record(const std::string& line) {
    for (const auto& sink : spec_.sinks) {
      if (auto* file = dynamic_cast<JsonLinesSink*>(sink.get())) file->record(line);
    }
  }

  const T& task_;
  const ArmRun& run_;
  EnergyMeter meter_;
  const ArmSetup<Options> setup_;
  const Method& method_;
  const Options& options_;
  ReferenceRun<T>& reference_;
  std::optional<ReferenceModel<Model>> live_;
  std::filesystem::path folder_;
  RunFiles files_;
  Model model_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  std::optional<SplitWorld> split_;  ///< where some ranks score and others train
  std::optional<LossStore> pool_losses_;
  std::vector<std::int64_t> kept_;  ///< by --filter
  TrainerSpec spec_;
};

}  // namespace jest::apps::train

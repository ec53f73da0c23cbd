#include "train/arm_run.hpp"

#include <fstream>

#include "jest/model/cascade.hpp"
#include "jest/train/fused_adam.hpp"
#include "jest/train/retrieval.hpp"
#include "jest/train/sinks.hpp"
#include "train/samples.hpp"

namespace jest {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kWarmup = 50;

std::map<std::string, std::int64_t> count_tags(const TextPairBatch& batch) {
  const PairTable& table = batch.pairs().table;
  std::map<std::string, std::int64_t> counts;
  if (table.tags.empty()) return counts;
  for (const std::int64_t row : batch.rows()) ++counts[table.tag_names[table.tags[row]]];
  return counts;
}

ScorerSpec scorer_spec(const PairsOptions& options, const ArmRun& run) {
  ScorerSpec spec;
  spec.score = run.arm.score;
  spec.interaction = options.interaction_schedule();
  spec.count = options.count;
  spec.preset = run.arm.preset;
  if (run.arm.preset == Preset::kJoint) spec.chunks = options.chunks;
  spec.gain = options.gain;
  spec.seed = run.seed;
  spec.backend = options.backend();
  spec.threads = at::get_num_threads();
  return spec;
}

/// Everything of a run that does not depend on how its batches are chosen.
class Run {
 public:
  Run(const PairsOptions& options, const ExperimentData& data, const ArmRun& run,
      ReferenceRun& reference)
      : data_(data),
        reference_(reference),
        folder_(options.out / run.name()),
        towers_(make_text_towers(towers_spec(options), run.seed)),
        optimizer_(fused_adam(towers_->parameters(), {.learning_rate = options.learning_rate})),
        learner_(towers_, *optimizer_) {
    fs::create_directories(folder_);
    const ForwardFlops forward{forward_flops(towers_->spec(), data.features_per_pair()),
                               reference.forward_flops};
    spec_ = trainer_spec(options, steps_of(run.arm, options, forward), run.seed);
    spec_.checkpoints = folder_ / "checkpoints";
    spec_.sinks = run_sinks(run.name(), folder_, forward);
  }

  Learner<TextTowers>& learner() { return learner_; }

  template <class Scorer>
  void train(const TextPairSource& source, Scorer& scorer) {
    Trainer trainer(source, learner_, scorer, spec_);
    trainer.evaluate = [this] { return evaluate_towers(towers_, *data_.eval); };
    trainer.tags_of = count_tags;
    trainer.watch_selection = [this](const TextPairBatch& super_batch, const Selection& picks,
                                     std::int64_t step) {
      if (step != spec_.steps / 10 && step != spec_.steps * 9 / 10) return;
      record(sample_line(super_batch, picks, {step + 1, towers_, reference_.model}));
    };
    trainer.run();
    save_text_towers(folder_ / "model.safetensors", towers_, {});
  }

 private:
  void record(const std::string& line) {
    for (const auto& sink : spec_.sinks) {
      if (auto* file = dynamic_cast<JsonLinesSink*>(sink.get())) file->record(line);
    }
  }

  const ExperimentData& data_;
  ReferenceRun& reference_;
  fs::path folder_;
  TextTowers towers_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  Learner<TextTowers> learner_;
  TrainerSpec spec_;
};

void run_scored(const PairsOptions& options, const ArmRun& arm_run, const TextPairSource& source,
                Run& run, ReferenceRun& reference, const EmbeddingStore* store) {
  const ScorerSpec spec = scorer_spec(options, arm_run);
  if (!store) {
    ReferenceModel<TextTowers> live(reference.model, {.micro_batch = 0});
    JointExampleScorer scorer(run.learner(), live, spec);
    return run.train(source, scorer);
  }
  ReferenceModel<EmbeddingStore> cached(*store);
  JointExampleScorer scorer(run.learner(), cached, spec);
  if (arm_run.arm.kind == ArmKind::kScored) return run.train(source, scorer);
  Cascade cascade(scorer, store->own_losses(), {options.cascade_to, options.cascade_gain});
  run.train(source, cascade);
}

}  // namespace

TrainerSpec trainer_spec(const PairsOptions& options, std::int64_t steps, std::uint64_t seed) {
  return {.steps = steps,
          .learning_rate = {.peak = options.learning_rate, .warmup = kWarmup, .steps = steps},
          .selection = options.selection,
          .seed = seed,
          .evaluate_every = options.evaluation_period(steps),
          .checkpoint_every = options.checkpoint_every};
}

std::vector<std::shared_ptr<MetricSink>> run_sinks(const std::string& name, const fs::path& folder,
                                                   const ForwardFlops& forward) {
  return {progress_bar(name), console_sink(name),
          std::make_shared<JsonLinesSink>(folder / "metrics.jsonl", forward)};
}

Values evaluate_towers(TextTowers& towers, const TextPairs& eval) {
  // The batch shares the table without owning it: it lives only inside this call.
  const std::shared_ptr<const TextPairs> pairs(&eval, [](const TextPairs*) {});
  const TextPairBatch batch(pairs, all_rows(eval.table));
  const auto recall =
      retrieval_recall(score_embeddings(towers, batch, {.micro_batch = kMicroBatch}));
  return {{"r_at_1", recall.at_1}, {"r_at_10", recall.at_10}};
}

std::int64_t steps_of(const Arm& arm, const PairsOptions& options, const ForwardFlops& forward) {
  if (arm.kind != ArmKind::kEqualCompute) return options.steps;
  ExampleCounts joint{.trained = options.steps * options.count};
  for (std::int64_t step = 0; step < options.steps; ++step) {
    if (options.selection.selects(step)) joint.scored += options.super_batch;
  }
  if (!options.cache_reference) joint.reference_scored = joint.scored;
  const ExampleCounts uniform_step{.trained = options.count};
  constexpr double kRounding = 1 + 1e-9;
  return static_cast<std::int64_t>(count_flops(joint, forward).run() /
                                   count_flops(uniform_step, forward).run() * kRounding);
}

void run_arm(const PairsOptions& shared, const ExperimentData& data, const ArmRun& arm_run,
             ReferenceRun& reference, const EmbeddingStore* store) {
  if (fs::exists(shared.out / arm_run.name() / "model.safetensors")) return;
  const PairsOptions options = options_of(arm_run.arm, shared);
  Run run(options, data, arm_run, reference);
  const TextPairSource source(data.pool, {candidates_of(arm_run.arm, shared), arm_run.seed});
  UniformScorer uniform(options.count, arm_run.seed);
  switch (arm_run.arm.kind) {
    case ArmKind::kScored:
    case ArmKind::kCascade:
      return run_scored(options, arm_run, source, run, reference, store);
    case ArmKind::kOracle: {
      auto rows = rows_with_tag(data.pool->table, arm_run.arm.tag, options.count);
      return run.train(TextPairSource(data.pool, std::move(rows), {options.count, arm_run.seed}),
                       uniform);
    }
    case ArmKind::kUniform:
    case ArmKind::kEqualCompute:
      return run.train(source, uniform);
  }
}

}  // namespace jest

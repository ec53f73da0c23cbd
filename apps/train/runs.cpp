// What runs share: schedules, sinks, steps and threads.

#include "train/runs.hpp"

#include <thread>

#include "printable.hpp"

namespace jest::apps::train {

std::vector<ArmRun> all_runs(const ExperimentOptions& options, bool (*knows)(const Method&)) {
  std::vector<ArmRun> runs;
  for (const std::uint64_t seed : options.seeds()) {
    for (const std::string& arm : options.arms) runs.push_back({find_arm(arm, knows), seed});
  }
  return runs;
}

std::vector<std::string> names_of(const std::vector<ArmRun>& runs) {
  std::vector<std::string> names;
  for (const ArmRun& run : runs) names.push_back(run.name());
  return names;
}

bool asks_reference(const Method& method, const ExperimentOptions& options) {
  return method.uses_reference() || options.filters();
}

bool uses_store(const Method& method, const ExperimentOptions& options) {
  const ReferenceAccess access = method.reference.access;
  if (!method.uses_reference() || access == ReferenceAccess::kLiveOnly) return false;
  return options.cache_reference || options.has_stored_reference() ||
         access != ReferenceAccess::kEither;
}

bool compares_models(const Method& method) {
  return method.has_rule<ByLosses>() && method.score.learner != 0 && method.score.reference != 0;
}

TrainerSpec trainer_spec(const ExperimentOptions& options, std::int64_t steps, std::uint64_t seed) {
  constexpr std::int64_t kWarmup = 50;
  return {.steps = steps,
          .learning_rate = {.peak = options.learning_rate, .warmup = kWarmup, .steps = steps},
          .selection = options.selection,
          .seed = seed,
          .evaluate_every = options.evaluation_period(steps),
          .checkpoint_every = options.checkpoint_every,
          .staleness = options.score_staleness};
}

std::vector<std::shared_ptr<MetricSink>> run_sinks(const ExperimentOptions& options,
                                                   const RunPlace& place) {
  const std::string shown = printable(place.name);
  std::vector<std::shared_ptr<MetricSink>> sinks{
      progress_bar(shown), console_sink(shown),
      std::make_shared<JsonLinesSink>(place.folder / "metrics.jsonl", place.forward)};
  if (options.tensorboard) {
    sinks.push_back(std::make_shared<TensorBoardSink>(place.folder, place.forward));
  }
  return sinks;
}

std::int64_t steps_of(const Arm& arm, const ExperimentOptions& options,
                      const ForwardFlops& forward) {
  if (arm.kind != ArmKind::kEqualCompute) return options.steps;
  ExampleCounts joint{.trained = options.steps * options.count};
  for (std::int64_t step = 0; step < options.steps; ++step) {
    if (options.selection.selects(step)) joint.scored += options.super_batch;
  }
  const bool live = !options.cache_reference && !options.has_stored_reference();
  if (live) joint.reference_scored = joint.scored;
  const ExampleCounts uniform_step{.trained = options.count};
  constexpr double kRounding = 1 + 1e-9;
  return static_cast<std::int64_t>(count_flops(joint, forward).run() /
                                   count_flops(uniform_step, forward).run() * kRounding);
}

void set_threads(std::int64_t threads) {
  const auto available = static_cast<int>(std::thread::hardware_concurrency());
  at::set_num_threads(threads > 0 ? static_cast<int>(threads) : std::max(available, 1));
}

}  // namespace jest::apps::train

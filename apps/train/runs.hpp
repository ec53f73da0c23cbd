#pragma once
// What the runs of an experiment share, whatever they train.

#include <memory>
#include <string>
#include <vector>

#include "jest/core/cost.hpp"
#include "jest/train/metrics.hpp"
#include "jest/train/trainer.hpp"
#include "train/arm_setup.hpp"
#include "train/options.hpp"

namespace jest::apps::train {

/// One arm with one seed.
struct ArmRun {
  Arm arm;
  std::uint64_t seed = 0;

  std::string name() const { return text(arm.name, "-seed", seed); }
};

/// Every arm with every seed; `knows` says which methods the task's models can follow.
std::vector<ArmRun> all_runs(const ExperimentOptions& options, bool (*knows)(const Method&));
std::vector<std::string> names_of(const std::vector<ArmRun>& runs);

/// Whether an arm, or its filter, asks a reference for anything.
bool asks_reference(const Method& method, const ExperimentOptions& options);

/// Whether an arm asks for what the reference gave once.
bool uses_store(const Method& method, const ExperimentOptions& options);

/// Whether its score tells that the learner beats the reference: by their losses, learner less
/// reference.
bool compares_models(const Method& method);

/// Optimizer schedule and periods that every arm, and the reference, shares.
TrainerSpec trainer_spec(const ExperimentOptions& options, std::int64_t steps, std::uint64_t seed);

/// A run's folder, its name on the console, and what an example costs it.
struct RunPlace {
  std::string name;
  std::filesystem::path folder;
  ForwardFlops forward;
};

/// metrics.jsonl in the run's folder, an event file where it is asked for, console lines, and a
/// progress bar on a terminal.
std::vector<std::shared_ptr<MetricSink>> run_sinks(const ExperimentOptions& options,
                                                   const RunPlace& place);

/// Steps of an arm: all but uniform@equal-compute take what was asked for.
std::int64_t steps_of(const Arm& arm, const ExperimentOptions& options,
                      const ForwardFlops& forward);

void set_threads(std::int64_t threads);

}  // namespace jest::apps::train

#pragma once
// One arm with one seed: a learner trained from scratch by the library's Trainer.

#include "jest/model/embedding_store.hpp"
#include "jest/model/reference_model.hpp"
#include "jest/train/trainer.hpp"
#include "train/arms.hpp"
#include "train/experiment_data.hpp"
#include "train/reference_run.hpp"

namespace jest {

inline constexpr std::int64_t kMicroBatch = 1024;

struct ArmRun {
  Arm arm;
  std::uint64_t seed = 0;

  std::string name() const { return text(arm.name, "-seed", seed); }
};

/// Optimizer schedule and periods that every arm, and the reference, shares.
TrainerSpec trainer_spec(const PairsOptions& options, std::int64_t steps, std::uint64_t seed);

/// metrics.jsonl in `folder`, console lines, and a progress bar on a terminal.
std::vector<std::shared_ptr<MetricSink>> run_sinks(const std::string& name,
                                                   const std::filesystem::path& folder,
                                                   const ForwardFlops& forward);

/// {"r_at_1", "r_at_10"} on the held-out pairs.
Values evaluate_towers(TextTowers& towers, const TextPairs& eval);

/// Steps of an arm: all but uniform@equal-compute take what was asked for.
std::int64_t steps_of(const Arm& arm, const PairsOptions& options, const ForwardFlops& forward);

/// Trains, or goes on, in OUT/<arm>-seed<k>, and leaves model.safetensors there. `store` is null
/// when the reference is run live; a cascade needs one.
void run_arm(const PairsOptions& options, const ExperimentData& data, const ArmRun& run,
             ReferenceRun& reference, const EmbeddingStore* store);

}  // namespace jest

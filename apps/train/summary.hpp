#pragma once
// summary.json, composed from the metrics files of the runs it sums up.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "jest/core/cost.hpp"

namespace jest {

/// What a run pays once, beside its own metrics.
struct SummaryRun {
  std::string arm;
  std::uint64_t seed = 0;
  std::filesystem::path folder;
  double reference_training_flops = 0;
  double pool_embedding_flops = 0;
};

/// The "runs" entry of one run. Throws when its metrics file is missing or malformed.
nlohmann::ordered_json summarize_run(const SummaryRun& run);

/// Adds "steps_to" to every run: a fixed grid of R@1, and the median final R@1 of uniform.
void add_steps_to_targets(nlohmann::ordered_json& runs);

}  // namespace jest

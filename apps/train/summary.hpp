#pragma once
// summary.json, composed from the metrics files of the runs it sums up.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "jest/core/cost.hpp"
#include "train/task.hpp"

namespace jest::apps::train {

/// Of one thing; NaN where it is unknown.
struct Costs {
  double flops = 0;
  double cpu_seconds = 0;
  double joules = 0;

  Costs& operator+=(const Costs& more) {
    flops += more.flops;
    cpu_seconds += more.cpu_seconds;
    joules += more.joules;
    return *this;
  }
};

/// What a run pays once, beside its own metrics.
struct OnceCosts {
  Costs training = {};   ///< of the reference
  Costs embedding = {};  ///< what references say of the pool
};

struct SummaryRun {
  ArmRun run;
  Method method;  ///< with what the arm's name sets
  std::filesystem::path folder;
  OnceCosts once;
  std::vector<Measure> measures;
};

nlohmann::ordered_json describe_measures(const std::vector<Measure>& measures);

/// The "runs" entry of one run. Throws when its metrics file is missing or malformed.
nlohmann::ordered_json summarize_run(const SummaryRun& run);

/// Adds to every run when it first reached targets. "steps_to": a fixed grid of the measure, and
/// the median of what uniform ended with, rounded. "to_uniform": steps, FLOPs and CPU seconds of
/// the run and all-in until that median, null where it never got there, and whether the run ended
/// there.
void add_targets(nlohmann::ordered_json& runs, const Measure& measure);

/// Writes FOLDER/summary.json.
void write_summary(const std::filesystem::path& folder, const nlohmann::ordered_json& summary);

}  // namespace jest::apps::train

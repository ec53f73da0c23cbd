#pragma once
// What a run tells while it goes, and the one interface that hears it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "jest/core/cost.hpp"
#include "jest/core/error.hpp"
#include "jest/core/stage_seconds.hpp"

namespace jest {

struct StepMetrics {
  std::int64_t step = 0;   ///< steps done
  std::int64_t steps = 0;  ///< of how many
  double loss = 0;
  double learning_rate = 0;
  std::optional<double> learnability_super_batch;  ///< mean own score; absent without selection
  std::optional<double> learnability_picks;
  StageSeconds seconds;
};

/// What an evaluation measured; names are the caller's ("r_at_1").
using Values = std::map<std::string, double>;

struct EvaluationMetrics {
  std::int64_t step = 0;
  std::int64_t steps = 0;
  Values values;
  Values picked_tags;  ///< share of each tag in the batches since the last evaluation
  ExampleCounts examples;
  StageSeconds seconds;
  double cpu_seconds = 0;  ///< processor time of the steps, of all threads
};

/// Hears the metrics of one run. `resume(step)` says that the run goes on after `step`: what was
/// recorded of later steps is void. `flush()` is called before a checkpoint is written.
class JEST_EXPORT MetricSink {
 public:
  virtual ~MetricSink() = default;
  virtual void resume(std::int64_t /*step*/) {}
  virtual void step(const StepMetrics&) {}
  virtual void evaluation(const EvaluationMetrics&) {}
  /// `step` is the one that the note is about.
  virtual void note(std::int64_t /*step*/, std::string_view /*text*/) {}
  virtual void flush() {}
};

}  // namespace jest

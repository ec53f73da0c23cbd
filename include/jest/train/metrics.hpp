#pragma once
// Metrics of a run, the interface that receives them, and the sinks that come with the library.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "jest/core/cost.hpp"
#include "jest/core/error.hpp"

namespace jest {
namespace detail {
class AppendedFile;
}

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
  double cpu_seconds = 0;        ///< processor time of the steps, of all threads
  std::optional<double> joules;  ///< energy of the steps; absent where no meter counted all of them
};

/// Receives the metrics of one run. `resume(step)` says that the run goes on after `step`: what was
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

/// One JSON object a line, field "event": "step", "evaluation", "note"; with a checksum
/// (with_checksum). On resume, lines of later steps and a torn last line are dropped, and a damaged
/// line of an earlier step is refused. Throws when the file cannot be written.
class JEST_EXPORT JsonLinesSink : public MetricSink {
 public:
  JsonLinesSink(std::filesystem::path path, ForwardFlops forward);
  JsonLinesSink(const JsonLinesSink&) = delete;
  JsonLinesSink& operator=(const JsonLinesSink&) = delete;
  ~JsonLinesSink() override;

  void resume(std::int64_t step) override;
  void step(const StepMetrics& metrics) override;
  void evaluation(const EvaluationMetrics& metrics) override;
  void note(std::int64_t step, std::string_view text) override;
  void flush() override;

  /// Appends a line of the caller's own; it must hold "event" and "step".
  void record(const std::string& json_line);

 private:
  std::unique_ptr<detail::AppendedFile> file_;
  ForwardFlops forward_;
};

/// The scalars of steps and evaluations in FOLDER/events.out.tfevents.0.jest, which TensorBoard
/// reads: the folder is a run there. Values are float32, an event a step or evaluation is O(its
/// scalars). On resume, events of later steps and a torn last one are dropped, and a damaged event
/// of an earlier step is refused. Throws when the file cannot be written. Source: TensorFlow's
/// event.proto.
class JEST_EXPORT TensorBoardSink : public MetricSink {
 public:
  static constexpr const char* kFileName = "events.out.tfevents.0.jest";

  TensorBoardSink(const std::filesystem::path& folder, ForwardFlops forward);
  TensorBoardSink(const TensorBoardSink&) = delete;
  TensorBoardSink& operator=(const TensorBoardSink&) = delete;
  ~TensorBoardSink() override;

  void resume(std::int64_t step) override;
  void step(const StepMetrics& metrics) override;
  void evaluation(const EvaluationMetrics& metrics) override;
  void flush() override;

  /// Values of the caller's own, by tag; steps must not fall.
  void scalars(std::int64_t step, const Values& values);

 private:
  std::unique_ptr<detail::AppendedFile> file_;
  ForwardFlops forward_;
};

/// A line through spdlog for every evaluation and note, headed by the name of the run.
JEST_EXPORT std::unique_ptr<MetricSink> console_sink(const std::string& run);

/// A bar with rate and time left on standard error; nothing when that is no terminal.
JEST_EXPORT std::unique_ptr<MetricSink> progress_bar(const std::string& run);

}  // namespace jest

#pragma once
// The metric sinks that come with the library.

#include <filesystem>
#include <memory>
#include <string>

#include "jest/train/metrics.hpp"

namespace jest {

/// One JSON object a line, field "event": "step", "evaluation", "note". On resume, lines of later
/// steps and a torn last line are dropped. Throws when the file cannot be written.
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
  std::filesystem::path path_;
  ForwardFlops forward_;
  int descriptor_ = -1;
  std::string pending_;
};

/// A line through spdlog for every evaluation and note, headed by the name of the run.
JEST_EXPORT std::unique_ptr<MetricSink> console_sink(const std::string& run);

/// A bar with rate and time left on standard error; nothing when that is no terminal.
JEST_EXPORT std::unique_ptr<MetricSink> progress_bar(const std::string& run);

}  // namespace jest

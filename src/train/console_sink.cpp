// Evaluations and notes as lines through spdlog.

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "jest/train/metrics.hpp"

namespace jest {
namespace {

/// Lines go to standard error: standard output is the programs' answer.
spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto log = spdlog::stderr_color_mt("jest");
    log->set_pattern("%H:%M:%S %v");
    return log;
  }();
  return *instance;
}

class ConsoleSink : public MetricSink {
 public:
  explicit ConsoleSink(std::string run) : run_(std::move(run)) {}

  void evaluation(const EvaluationMetrics& metrics) override {
    std::string values;
    for (const auto& [name, value] : metrics.values)
      values += fmt::format(" {} {:.3f}", name, value);
    logger().info("{}  {}/{} {}  {:.0f} s, selection {:.1f} %", run_, metrics.step, metrics.steps,
                  values, metrics.seconds.steps(), 100 * metrics.seconds.selection_share());
  }

  void note(std::int64_t, std::string_view text) override { logger().info("{}  {}", run_, text); }

 private:
  std::string run_;
};

}  // namespace

std::unique_ptr<MetricSink> console_sink(const std::string& run) {
  return std::make_unique<ConsoleSink>(run);
}

}  // namespace jest

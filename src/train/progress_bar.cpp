// One line of a terminal, redrawn while a run goes on.

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "jest/train/metrics.hpp"

namespace jest {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kRefresh = std::chrono::milliseconds(200);
constexpr int kBarColumns = 24;

std::string clock_time(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

/// Redraws one line of at most 79 columns.
class ProgressBar : public MetricSink {
 public:
  explicit ProgressBar(std::string run) : run_(std::move(run).substr(0, 24)) {}
  ~ProgressBar() override { clear(); }

  void resume(std::int64_t step) override {
    first_ = step;
    start_ = Clock::now();
  }

  void step(const StepMetrics& metrics) override {
    const auto now = Clock::now();
    if (now - drawn_ < kRefresh && metrics.step < metrics.steps) return;
    drawn_ = now;
    const double elapsed = std::chrono::duration<double>(now - start_).count();
    const auto done = static_cast<double>(metrics.step - first_);
    const double left = done > 0 ? elapsed / done * (metrics.steps - metrics.step) : 0;
    const auto filled = static_cast<int>(kBarColumns * metrics.step / metrics.steps);
    const double rate = done / elapsed;
    fmt::print(stderr, "\r\033[K{} [{:=<{}}{: <{}}] {}/{}  {:.{}f} steps/s  {} left", run_, "",
               filled, "", kBarColumns - filled, metrics.step, metrics.steps, rate,
               rate < 10 ? 1 : 0, clock_time(left));
    std::fflush(stderr);
  }

  // Other lines may follow: leave the terminal line empty.
  void evaluation(const EvaluationMetrics&) override { clear(); }
  void note(std::int64_t, std::string_view) override { clear(); }

 private:
  static void clear() {
    fmt::print(stderr, "\r\033[K");
    std::fflush(stderr);
  }

  std::string run_;
  std::int64_t first_ = 0;
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_{};
};

}  // namespace

std::unique_ptr<MetricSink> progress_bar(const std::string& run) {
  if (!::isatty(STDERR_FILENO)) return nullptr;
  return std::make_unique<ProgressBar>(run);
}

}  // namespace jest

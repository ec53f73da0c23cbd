// One line of a terminal, redrawn while a run goes on.

#include <spdlog/fmt/fmt.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "jest/train/metrics.hpp"

namespace jest {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kRefresh = std::chrono::milliseconds(200);
constexpr int kBarColumns = 24;
constexpr int kLeastBarColumns = 4;
constexpr int kNameColumns = 24;

std::string clock_time(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

/// Whether a terminal will read what is written, and knows how to clear a line.
bool draws_on_terminal() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) && kind != nullptr && *kind != '\0' &&
         std::string_view(kind) != "dumb";
}

/// As wide as a line may be: the last column is left free, where terminals begin a new line.
int line_columns() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return (known ? size.ws_col : 80) - 1;
}

/// Columns of a byte of UTF-8; a letter beyond ASCII may take two.
int columns_of(char byte) {
  if ((byte & 0x80) == 0) return 1;
  return (byte & 0xC0) == 0x80 ? 0 : 2;
}

int columns_of(std::string_view text) {
  int columns = 0;
  for (const char byte : text) columns += columns_of(byte);
  return columns;
}

/// The beginning of `text` that takes at most so many columns, in whole letters.
std::string_view cut(std::string_view text, int columns) {
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    columns -= columns_of(text[end]);
    if (columns < 0) break;
  }
  return text.substr(0, end);
}

/// " [=====     ]", or nothing where it would not fit.
std::string bar_of(const StepMetrics& metrics, int columns) {
  constexpr std::string_view kAround = " []";
  const int width = std::min(columns - static_cast<int>(kAround.size()), kBarColumns);
  if (width < kLeastBarColumns) return "";
  const auto filled = static_cast<int>(width * metrics.step / metrics.steps);
  return fmt::format(" [{:=<{}}{: <{}}]", "", filled, "", width - filled);
}

/// Redraws one line that fits the terminal, however that changes.
class ProgressBar : public MetricSink {
 public:
  explicit ProgressBar(std::string_view run) : run_(cut(run, kNameColumns)) {}
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
    const double rate = done / elapsed;
    const std::string numbers =
        fmt::format(" {}/{}  {:.{}f} steps/s  {} left", metrics.step, metrics.steps, rate,
                    rate < 10 ? 1 : 0, clock_time(left));
    const int columns = line_columns();
    const int free = columns - columns_of(run_) - columns_of(numbers);
    fmt::print(stderr, "\r\033[K{}", cut(run_ + bar_of(metrics, free) + numbers, columns));
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
  if (!draws_on_terminal()) return nullptr;
  return std::make_unique<ProgressBar>(run);
}

}  // namespace jest

#pragma once
// Where the time of a run goes. Always on: two clock reads a stage.

#include <array>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <string_view>

namespace jest {

enum class Stage {
  kLoad,
  kLearnerScoring,
  kReferenceScoring,
  kSelection,
  kGather,
  kTrain,
  kEvaluate
};

inline constexpr std::array<std::string_view, 7> kStageNames = {
    "load", "learner_scoring", "reference_scoring", "selection", "gather", "train", "evaluate"};

struct StageSeconds {
  std::array<double, kStageNames.size()> seconds{};

  double& operator[](Stage stage) { return seconds[static_cast<std::size_t>(stage)]; }
  double operator[](Stage stage) const { return seconds[static_cast<std::size_t>(stage)]; }

  /// Seconds of training steps: every stage but evaluation.
  double steps() const {
    double total = -(*this)[Stage::kEvaluate];
    for (const double value : seconds) total += value;
    return total;
  }

  /// Selection's share of the steps, 0 before the first.
  double selection_share() const { return steps() > 0 ? (*this)[Stage::kSelection] / steps() : 0; }
};

/// Runs `work`, adds its wall time to `total` and returns what it returned.
template <class Work>
decltype(auto) timed(double& total, const Work& work) {
  struct Stop {
    double& total;
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
    ~Stop() {
      total += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
  } stop{total};
  return work();
}

/// Processor time of all threads of this process. Unlike wall time, other programs hardly touch it.
inline double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace jest

#pragma once
// What changes over a run, as pure functions of the step.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include "jest/core/error.hpp"

namespace jest {

/// Linear warm-up to `peak`, then half a cosine down to `final_share`·peak at step `steps`, or
/// constant when `steps` is 0.
struct LearningRate {
  double peak = 1e-3;
  std::int64_t warmup = 0;
  std::int64_t steps = 0;
  double final_share = 0.05;

  double at(std::int64_t step) const {
    if (step < warmup) return peak * static_cast<double>(step + 1) / static_cast<double>(warmup);
    if (steps <= warmup) return peak;
    const double progress =
        std::min(1.0, static_cast<double>(step - warmup) / static_cast<double>(steps - warmup));
    const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * progress));
    return peak * (final_share + (1 - final_share) * cosine);
  }
};

/// On which steps the scorer chooses; on all others the sub-batch is drawn uniformly, at no
/// scoring cost.
struct SelectionSchedule {
  std::int64_t start = 0;
  std::int64_t end = std::numeric_limits<std::int64_t>::max();
  std::int64_t every = 1;
  /// Stop for good once the mean own score of super-batches, averaged over about this many
  /// selections, falls below 0: the learner then beats the reference, and learnability no longer
  /// filters. 0 never stops.
  std::int64_t stop_window = 0;

  bool selects(std::int64_t step) const {
    return step >= start && step < end && (step - start) % every == 0;
  }
  /// The last step until `step`, which is not before `start`, that selects.
  std::int64_t latest(std::int64_t step) const {
    return std::min(step, end - 1) - (std::min(step, end - 1) - start) % every;
  }
};

inline void check_schedule(const SelectionSchedule& schedule) {
  if (schedule.start < 0 || schedule.end < schedule.start) {
    refuse("selection schedule", "0 <= start <= end", schedule.start, " and ", schedule.end);
  }
  if (schedule.every < 1) refuse("selection schedule", "every at least 1", schedule.every);
  if (schedule.stop_window < 0) {
    refuse("selection schedule", "a stop window of at least 0", schedule.stop_window);
  }
}

/// The moving average behind SelectionSchedule::stop_window.
struct LearnabilityAverage {
  double mean = 0;
  std::int64_t seen = 0;

  /// A mean that is not finite, of a super-batch with an infinite loss, says nothing of the rest.
  void add(double value, std::int64_t window) {
    if (!std::isfinite(value)) return;
    ++seen;
    mean += (value - mean) / static_cast<double>(std::min(seen, std::max<std::int64_t>(window, 1)));
  }
  bool learner_beats_reference(std::int64_t window) const {
    return window > 0 && seen >= window && mean < 0;
  }
};

}  // namespace jest

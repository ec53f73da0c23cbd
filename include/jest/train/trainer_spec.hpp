#pragma once
// What a training run is told: how long it is, and what changes over it, as pure functions of the
// step.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/torch/world.hpp"
#include "jest/train/metrics.hpp"

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

/// A counter of energy, which the library does not read by itself.
struct EnergyMeter {
  std::string name = {};  ///< of what it counts; a run goes on counting by one of the same name
  /// Joules since any moment, never fewer than before; NaN once it cannot be read. Called a few
  /// times a step.
  std::function<double()> joules = {};
};

struct TrainerSpec {
  std::int64_t steps = 0;
  LearningRate learning_rate = {};  ///< set on every group of the optimizer, before every step
  SelectionSchedule selection = {};
  std::uint64_t seed = 0;  ///< of everything the model draws, for instance dropout
  std::int64_t evaluate_every = 50;
  std::int64_t checkpoint_every = 250;
  std::filesystem::path checkpoints = {};  ///< none are written when empty
  std::vector<std::shared_ptr<MetricSink>> sinks = {};
  EnergyMeter meter = {};  ///< without one, energy is not known
  /// Steps between the weights that score and those that train, k: a step's picks are made by the
  /// learner of k steps before (the first k + 1 steps: by the one that the run begins with), as
  /// scorers apart from trainers make them ahead of time. 0 is the plain method. k super-batches
  /// are held; where a checkpoint ends, their picks are in it.
  std::int64_t staleness = 0;
  /// Over ranks: forward passes of so many picks of each rank begin as soon as rounds have made
  /// them, while later rounds go on (learner/forward_ahead.hpp); 0: after the selection. Of models
  /// that embed pairs, by a scorer with `set_on_round`.
  std::int64_t forward_ahead = 0;
  /// Ranks that train together: the one of the learner and of the scorer. Each is given the same
  /// trainer, learner, scorer and source; the meter and the clocks are those of rank 0.
  World* world = nullptr;
  /// Instead of it: ranks of which some train and some score. Learner and scorer are over its `own`
  /// on all of them.
  SplitWorld* split = nullptr;

  /// Whether an evaluation follows the step with this number, from 0.
  bool evaluates_after(std::int64_t step) const {
    return step + 1 == steps || (step + 1) % evaluate_every == 0;
  }
  bool saves_after(std::int64_t step) const {
    return step + 1 == steps || (step + 1) % checkpoint_every == 0;
  }
};

/// Throws on a spec that no run can have.
inline void check_trainer(const TrainerSpec& spec) {
  // The sampler's noise counts steps in 32 bits.
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (spec.steps < 1 || spec.steps > kMost) {
    refuse("trainer", text("between 1 and ", kMost, " steps"), spec.steps);
  }
  if (spec.evaluate_every < 1) refuse("trainer", "evaluate_every >= 1", spec.evaluate_every);
  if (spec.checkpoint_every < 1) refuse("trainer", "checkpoint_every >= 1", spec.checkpoint_every);
  if (spec.staleness < 0) refuse("trainer", "a staleness of at least 0", spec.staleness);
  if (spec.forward_ahead < 0) {
    refuse("trainer", "a forward_ahead of at least 0", spec.forward_ahead);
  }
  if (spec.forward_ahead > 0 && (spec.staleness > 0 || spec.split)) {
    refuse("trainer", "forward_ahead without staleness and split", "both");
  }
  check_schedule(spec.selection);
}

}  // namespace jest

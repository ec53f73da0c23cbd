#pragma once
// What a run costs: FLOPs, counted the way docs/method.md section "Cost" states it, and seconds by
// stage, always measured: two clock reads a stage.
//
// F is one forward pass of one example; a backward pass counts 2F.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string_view>

namespace jest {

/// Forward FLOPs of one example under each model (0 for a model that does not exist).
struct ForwardFlops {
  double learner = 0;
  double reference = 0;  ///< of super-batches, as they are shown to it
  /// Learner over super-batches, where that is cheaper than in training: a prefix, a smaller image.
  std::optional<double> scoring = {};
};

/// How many examples each part of a run has seen.
struct ExampleCounts {
  std::int64_t trained = 0;            ///< learner forward + backward
  std::int64_t scored = 0;             ///< learner forward over super-batches
  std::int64_t reference_scored = 0;   ///< reference forward over super-batches
  std::int64_t reference_trained = 0;  ///< reference forward + backward, on the curated set
  std::int64_t pool_embedded = 0;      ///< reference forward, once per pool example (cache)
};

/// FLOPs by part. `run()` leaves out what is paid once: reference training and pool embedding.
struct FlopCount {
  double learner_training = 0;
  double learner_scoring = 0;
  double reference_scoring = 0;
  double reference_training = 0;
  double pool_embedding = 0;

  double run() const { return learner_training + learner_scoring + reference_scoring; }
  double paid_once() const { return reference_training + pool_embedding; }
  double all_in() const { return run() + paid_once(); }
};

inline constexpr double kTrainingForwards = 3;  ///< forward + backward, in units of F

inline FlopCount count_flops(const ExampleCounts& examples, const ForwardFlops& forward) {
  const auto flops = [](double of_one, std::int64_t count) {
    return of_one * static_cast<double>(count);
  };
  return {.learner_training = flops(kTrainingForwards * forward.learner, examples.trained),
          .learner_scoring = flops(forward.scoring.value_or(forward.learner), examples.scored),
          .reference_scoring = flops(forward.reference, examples.reference_scored),
          .reference_training =
              flops(kTrainingForwards * forward.reference, examples.reference_trained),
          .pool_embedding = flops(forward.reference, examples.pool_embedded)};
}

/// Pairs that a joint selection touches: P = (N−1)/N · b · (B − b/2).
inline double selection_pairs(double candidates, double count, double chunks) {
  return (chunks - 1) / chunks * count * (candidates - count / 2);
}

/// Multiply-add FLOPs of a joint selection: two models, two directions, 8·d·P.
inline double selection_flops(double candidates, double count, double chunks, double width) {
  return 8 * width * selection_pairs(candidates, count, chunks);
}

/// Iteration cost relative to uniform training, whose cost is 3F per trained example.
struct IterationCost {
  double super_batch_ratio = 5;  ///< B / b

  double joint_reusing_forward() const { return (2 + super_batch_ratio) / 3; }
  double joint_live_reusing_forward() const { return (2 + 2 * super_batch_ratio) / 3; }
  double joint_cached() const { return (3 + super_batch_ratio) / 3; }
  double joint_live() const { return (3 + 2 * super_batch_ratio) / 3; }
  /// Flexi: share q of the batch trained at relative forward cost A, everything scored at A.
  double flexi(double approximate_cost, double share) const {
    return 1 - share + share * approximate_cost + approximate_cost * super_batch_ratio / 3;
  }
};

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

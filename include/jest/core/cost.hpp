#pragma once
// What selection costs, in FLOPs, counted the way docs/method.md section "Cost" states it.
//
// F is one forward pass of one example; a backward pass counts 2F.

#include <cstdint>
#include <optional>

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

}  // namespace jest

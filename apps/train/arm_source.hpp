#pragma once
// What an arm is fed, and what that costs.

#include "jest/data/table_source.hpp"
#include "train/reference_run.hpp"
#include "train/runs.hpp"
#include "train/task.hpp"

namespace jest {

/// Super-batches as an arm's learner is to train on them.
template <Task T>
struct ArmSource {
  const T& task;
  const typename T::Options& options;
  const Arm& arm;
  TableSource<typename T::Batch> source;

  typename T::Batch at(std::int64_t step) const {
    return task.trained_as(source.at(step), options, arm);
  }
};

/// Curated batches as an arm's learner scores them.
template <Task T>
struct CuratedSource {
  const ArmSource<T>& seen;

  typename T::Batch at(std::int64_t k) const {
    return seen.task.scored_as(seen.source.at(k), seen.options, seen.arm);
  }
};

/// Per-example FLOPs of an arm. A proxy has the architecture of the reference; it learns what the
/// learner does and is scored in its place. A live reference that training asks runs forward once.
template <Task T>
ForwardFlops arm_flops(const T& task, typename T::Model& learner, ReferenceRun<T>& reference,
                       const typename T::Options& options, const Arm& arm) {
  const double reference_forward = task.scoring_flops(reference.model, options, Arm{});
  double training = task.training_flops(learner, options, arm);
  if (arm.has_proxy()) training += task.training_flops(reference.model, options, arm);
  const bool asked = arm.method.trained_by != TrainedBy::kOwnLoss && !uses_store(arm, options);
  if (asked || options.tokens < 1) {
    training += task.training_flops(reference.model, options, Arm{}) / kTrainingForwards;
  }
  auto& scored = arm.has_proxy() ? reference.model : learner;
  return {.learner = training,
          .reference = reference_forward,
          .scoring = task.scoring_flops(scored, options, arm)};
}

}  // namespace jest

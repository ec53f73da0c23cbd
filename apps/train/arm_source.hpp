#pragma once
// What an arm is fed, and what that costs.

#include "jest/data/table_source.hpp"
#include "train/reference_run.hpp"
#include "train/runs.hpp"
#include "train/task.hpp"

namespace jest::apps::train {

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

/// A proxy scores in the learner's place, and learns from what each selection picks: FLOPs of both
/// for a candidate.
template <Task T>
double proxy_flops(const T& task, const typename T::Options& options, const Arm& arm) {
  const auto proxy = task.make_reference(0);  // whatever --reference is
  const double candidates = static_cast<double>(options.super_batch);
  return task.scoring_flops(proxy, options, arm) +
         kTrainingForwards * task.training_flops(proxy, options, arm) * options.count / candidates;
}

/// Per-example FLOPs of an arm. A live reference that training asks runs forward once.
template <Task T>
ForwardFlops arm_flops(const T& task, typename T::Model& learner, ReferenceRun<T>& reference,
                       const typename T::Options& options, const Arm& arm) {
  double training = task.training_flops(learner, options, arm);
  const bool live = options.tokens < 1 || !uses_store(arm, options);
  if (live && trains_by_reference(arm, options)) {
    training += task.training_flops(reference.model, options, Arm{}) / kTrainingForwards;
  }
  return {.learner = training,
          .reference = task.scoring_flops(reference.model, options, Arm{}),
          .scoring = arm.has_proxy() ? proxy_flops(task, options, arm)
                                     : task.scoring_flops(learner, options, arm)};
}

}  // namespace jest::apps::train

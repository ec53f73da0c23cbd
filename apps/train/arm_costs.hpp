#pragma once
// What an arm asks of its reference, and what its examples cost.

#include "jest/core/cost.hpp"
#include "train/reference_run.hpp"
#include "train/runs.hpp"
#include "train/summary.hpp"
#include "train/task.hpp"

namespace jest::apps::train {

/// A proxy scores in the learner's place, and learns from what each selection picks: FLOPs of both
/// for a candidate.
template <Task T>
double proxy_flops(const T& task, const ArmSetup<typename T::Options>& arm) {
  const auto proxy = task.make_reference(0);  // whatever --reference is
  const auto& options = arm.options;
  const double candidates = static_cast<double>(options.super_batch);
  return task.scoring_flops(proxy, options, arm.method) +
         kTrainingForwards * task.training_flops(proxy, options, arm.method) *
             static_cast<double>(options.count) / candidates;
}

/// Whether a step runs its model a second time: micro-batches of what is no mean of losses.
template <Task T>
bool runs_twice(const typename T::Options& options, const Method& method) {
  const bool parts = options.micro_batch > 0 && options.micro_batch < options.count;
  return parts && (EmbedsPairs<typename T::Model, typename T::Batch> ||
                   !method.template has_objective<OwnLoss>());
}

/// Per-example FLOPs of an arm. A live reference that training asks runs forward once.
template <Task T>
ForwardFlops arm_flops(const T& task, typename T::Model& learner, ReferenceRun<T>& reference,
                       const ArmSetup<typename T::Options>& arm) {
  const auto& [method, options] = arm;
  double training = task.training_flops(learner, options, method);
  if (runs_twice<T>(options, method)) training *= (kTrainingForwards + 1) / kTrainingForwards;
  const bool live = method.template has_objective<TokenChoice>() || !uses_store(method, options);
  if (live && reference.runs() && !method.template has_objective<OwnLoss>()) {
    training += task.training_flops(reference.model, options, Method{}) / kTrainingForwards;
  }
  return {
      .learner = training,
      .reference = reference.runs() ? task.scoring_flops(reference.model, options, Method{}) : 0,
      .scoring = method.online_proxy ? proxy_flops(task, arm)
                                     : task.scoring_flops(learner, options, method)};
}

/// What an arm pays once, beside its run: the reference's training, what it says of the pool and,
/// where a first stage has losses of its own, those.
template <Task T>
OnceCosts paid_once(const T& task, const ReferenceRun<T>& reference,
                    const ArmSetup<typename T::Options>& arm) {
  const auto& [method, options] = arm;
  OnceCosts once;
  const bool thins = method.cascade || options.filters();
  if (thins && reference.first_stage) {
    const CachedReferenceCost& cost = reference.first_stage->cost;
    once.embedding = {cost.flops, cost.cpu_seconds, cost.joules};
  }
  const bool by_reference = method.uses_reference() || (thins && !reference.first_stage);
  if (!by_reference) return once;
  once.training = {reference.flops, reference.cpu_seconds, reference.joules};
  if (!uses_store(method, options) && !(options.filters() && !reference.first_stage)) return once;
  if (!reference.runs()) {
    const CachedReferenceCost& cost = reference.stored_cost();
    once.embedding += {cost.flops, cost.cpu_seconds, cost.joules};
    return once;
  }
  const auto& data = task.data();
  const double mixed = options.curated_share().mixes() ? data.candidates->rows() : 0;
  const double rows = std::max<double>(mixed, data.pool->rows());
  const StoreCost cost = read_store_cost(store_path(task, options));
  const double part = rows / data.candidates->rows();  // arms without curated examples need no more
  once.embedding += {rows * task.scoring_flops(reference.model, options, Method{}),
                     part * cost.cpu_seconds, part * cost.joules};
  return once;
}

}  // namespace jest::apps::train

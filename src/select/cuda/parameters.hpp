#pragma once
// The block in device memory that holds what may differ between two replays of one graph, and the
// device's own counters.

#include <cstdint>

#include "base2_logit.hpp"
#include "plan.hpp"
#include "select/key.hpp"

namespace jest::cuda {

struct SideArguments {
  const void* data = nullptr;
  std::int64_t row_stride = 0;  ///< elements
};

struct ModelArguments {
  SideArguments sides[kSides];
  double scale = 1;
  double bias = 0;  ///< 0 for softmax pairs, which do not see it
  Base2Logit logit;
  Base2Logit fused_logit;  ///< what the fused route sums a function of
  double fused_shift = 0;  ///< taken off it; softmax only
};

struct LossArguments {
  const float* learner = nullptr;
  const float* reference = nullptr;
};

struct LinearArguments {
  SideArguments features;
  const float* direction = nullptr;  ///< [d], or null: own terms are `added` alone
  double step_size = 1;
  const double* added = nullptr;  ///< [B], or null: zeros
  double coefficient = 0;         ///< q·κ
};

struct Parameters {
  ModelArguments models[kModels];
  LossArguments losses;
  LinearArguments linear;
  ScoreWeights weights;
  double interaction = 1;  ///< κ; a part of linear.coefficient, too
  KeyRule rule;
  const std::int64_t* ids = nullptr;  ///< [B], or null: positions
  DeviceAnswer answer;

  JEST_HOST_DEVICE std::int64_t id(std::int64_t position) const {
    return ids ? ids[position] : position;
  }
};

/// Zero whenever a round begins.
struct RoundCounters {
  std::int32_t nan = 0;  ///< candidates in the list that are set aside
  std::int32_t minus_infinite = 0;
};

inline ModelArguments model_arguments(const DeviceEmbeddings& model, Contrast contrast) {
  const bool softmax = contrast == Contrast::kSoftmax;
  ModelArguments arguments;
  arguments.sides[0] = {model.x.data, model.x.row_stride};
  arguments.sides[1] = {model.y.data, model.y.row_stride};
  arguments.scale = model.scale;
  arguments.bias = softmax ? 0.0 : model.bias;
  arguments.logit = base2_logit(model.scale, arguments.bias);
  arguments.fused_logit = arguments.logit;
  if (softmax) {
    arguments.fused_shift = fused_shift(model.scale);
    arguments.fused_logit.bias = -static_cast<float>(arguments.fused_shift);
  }
  return arguments;
}

inline void set_arguments(const DevicePairs& pairs, Parameters& parameters) {
  parameters.models[0] = model_arguments(pairs.learner, pairs.contrast);
  parameters.models[1] = model_arguments(pairs.reference, pairs.contrast);
  parameters.weights = pairs.weights;
}

inline void set_arguments(const DeviceLosses& losses, Parameters& parameters) {
  parameters.losses = {losses.learner, losses.reference};
  parameters.weights = losses.weights;
}

inline void set_arguments(const DeviceAlignment& alignment, Parameters& parameters) {
  parameters.linear = {{alignment.features.data, alignment.features.row_stride},
                       alignment.direction,
                       alignment.step_size,
                       alignment.added,
                       alignment.coefficient(parameters.interaction)};
}

inline void set_arguments(const DeviceDiversity& diversity, Parameters& parameters) {
  parameters.linear = {{diversity.embeddings.data, diversity.embeddings.row_stride},
                       nullptr,
                       0,
                       diversity.importance,
                       diversity.coefficient(parameters.interaction)};
}

inline Parameters parameters_of(const DeviceCriterion& criterion, const SelectionSpec& spec,
                                const DeviceAnswer& answer) {
  Parameters parameters;
  parameters.interaction = spec.interaction();
  std::visit(
      [&](const auto& given) {
        set_arguments(given, parameters);
        parameters.ids = given.ids;
      },
      criterion);
  parameters.rule = key_rule(spec);
  parameters.answer = answer;
  return parameters;
}

}  // namespace jest::cuda

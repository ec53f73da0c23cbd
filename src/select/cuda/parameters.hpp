#pragma once
// The block in device memory that holds what may differ between two replays of one graph, and the
// device's own counters.

#include <cstdint>

#include "base2_logit.hpp"
#include "jest/select/key.hpp"
#include "plan.hpp"

namespace jest::cuda {

struct SideArguments {
  const void* data = nullptr;
  std::int64_t row_stride = 0;  ///< elements
};

struct ModelArguments {
  SideArguments sides[kSides];
  double scale = 1;
  double bias = 0;  ///< 0 for the softmax loss, which does not see it
  Base2Logit logit;
};

struct Parameters {
  ModelArguments models[kModels];
  ScoreWeights weights;
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

inline ModelArguments model_arguments(const DeviceEmbeddings& model, Loss loss) {
  const double bias = loss == Loss::kSoftmax ? 0.0 : model.bias;
  return {{{model.x.data, model.x.row_stride}, {model.y.data, model.y.row_stride}},
          model.scale,
          bias,
          base2_logit(model.scale, bias)};
}

inline Parameters parameters_of(const DevicePairs& pairs, const SelectionSpec& spec,
                                const DeviceAnswer& answer) {
  Parameters parameters;
  parameters.models[0] = model_arguments(pairs.learner, pairs.loss);
  parameters.models[1] = model_arguments(pairs.reference, pairs.loss);
  parameters.weights = pairs.weights;
  parameters.rule = key_rule(spec);
  parameters.ids = spec.ids.empty() ? nullptr : spec.ids.data();
  parameters.answer = answer;
  return parameters;
}

}  // namespace jest::cuda

#include "plan.hpp"

#include <cmath>
#include <string>

#include "arrays.hpp"
#include "jest/core/error.hpp"

namespace jest::cuda {
namespace {

/// The host's checks, on the same numbers; device memory is not looked at.
void check_model(const std::string& who, const DeviceEmbeddings& model) {
  const auto as_view = [](const DeviceMatrix& matrix) {
    return MatrixView{static_cast<const float*>(matrix.data), matrix.rows, matrix.cols,
                      matrix.row_stride};
  };
  check_embeddings(who, {as_view(model.x), as_view(model.y), model.scale, model.bias});
  if (model.x.element != model.y.element) refuse(who, "x and y of one element type", "two");
}

void check_device_pairs(const DevicePairs& pairs) {
  check_weights(pairs.weights);
  const bool learns = pairs.weights.learner != 0;
  const bool refers = pairs.weights.reference != 0;
  if (learns) check_model("select, learner", pairs.learner);
  if (refers) check_model("select, reference", pairs.reference);
  if (learns && refers && pairs.learner.x.rows != pairs.reference.x.rows) {
    refuse("select", "as many learner rows as reference rows", pairs.learner.x.rows, " and ",
           pairs.reference.x.rows);
  }
  if (pairs.candidates() > kMostCandidates) {
    refuse("select", text("at most ", kMostCandidates, " candidates"), pairs.candidates());
  }
}

OperandType operand_type(Element element, Operands operands) {
  switch (operands) {
    case Operands::kFloat16:
      return OperandType::kFloat16;
    case Operands::kBfloat16:
      return OperandType::kBfloat16;
    case Operands::kTf32:
      return OperandType::kTf32;
    case Operands::kFloat32:
      return OperandType::kFloat32;
    case Operands::kAsStored:
      break;
  }
  return element == Element::kBfloat16 ? OperandType::kBfloat16 : OperandType::kFloat16;
}

ModelPlan model_plan(const DeviceEmbeddings& model, double weight, Operands operands) {
  if (weight == 0) return {};
  return {model.x.cols, model.x.element, operand_type(model.x.element, operands)};
}

}  // namespace

Plan plan_of(const DevicePairs& pairs, const SelectionSpec& spec, const Engine& engine) {
  check_device_pairs(pairs);
  const std::int64_t candidates = pairs.candidates();
  check_counts(spec, candidates);
  if (!spec.ids.empty() && std::ssize(spec.ids) != candidates) {
    refuse("select", text(candidates, " ids, one per candidate"), spec.ids.size());
  }
  return {.candidates = candidates,
          .count = spec.count,
          .chunks = chunk_count(spec),
          .models = {model_plan(pairs.learner, pairs.weights.learner, engine.operands),
                     model_plan(pairs.reference, pairs.weights.reference, engine.operands)},
          .loss = pairs.loss,
          .include_positive = pairs.loss == Loss::kSoftmax && pairs.include_positive,
          .interacts = pairs.weights.interaction != 0,
          .mean_field = spec.preset == Preset::kMeanField,
          .named = !spec.ids.empty(),
          .fused = false};
}

std::int64_t workspace_bytes(const DevicePairs& pairs, const SelectionSpec& spec,
                             const Engine& engine) {
  return divided(plan_of(pairs, spec, engine), nullptr).bytes;
}

}  // namespace jest::cuda

// From a criterion and a spec to a plan, with every check that needs no device.

#include "plan.hpp"

#include <cmath>
#include <string>

#include "arrays.hpp"
#include "jest/core/error.hpp"

namespace jest::cuda {
namespace {

MatrixView as_view(const DeviceMatrix& matrix) {
  return {static_cast<const float*>(matrix.data), matrix.rows, matrix.cols, matrix.row_stride};
}

void check_model(const std::string& who, const DeviceEmbeddings& model) {
  check_embeddings(who, {as_view(model.x), as_view(model.y), model.scale, model.bias});
  if (model.x.element != model.y.element) refuse(who, "x and y of one element type", "two");
}

// The host's checks, on the same numbers; device memory is not read.

void check_criterion(const DevicePairs& pairs) {
  check_weights(pairs.weights);
  if (pairs.weights.learner != 0) check_model("select, learner", pairs.learner);
  if (pairs.weights.reference != 0) check_model("select, reference", pairs.reference);
  check_rows("select", pairs.weights, pairs.learner.x.rows, pairs.reference.x.rows);
}

void check_criterion(const DeviceLosses& losses) {
  check_weights(losses.weights);
  if ((losses.weights.learner != 0 && !losses.learner) ||
      (losses.weights.reference != 0 && !losses.reference)) {
    refuse("separable scores", "losses in memory", "a null pointer");
  }
}

void check_criterion(const DeviceAlignment& alignment) {
  check_matrix("linear pairs", as_view(alignment.features));
  check_coefficient(alignment.coefficient(1));
  if (!alignment.direction) refuse("gradient alignment", "a direction in memory", "a null pointer");
}

void check_criterion(const DeviceDiversity& diversity) {
  check_matrix("linear pairs", as_view(diversity.embeddings));
  check_coefficient(diversity.coefficient(1));
  if (!diversity.importance) refuse("linear pairs", "own terms in memory", "a null pointer");
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
    case Operands::kFloat16x3:
      return OperandType::kFloat16x3;
    case Operands::kAsStored:
      break;
  }
  return element == Element::kBfloat16 ? OperandType::kBfloat16 : OperandType::kFloat16;
}

ModelPlan model_plan(const DeviceEmbeddings& model, double weight, Operands operands) {
  if (weight == 0) return {};
  return {model.x.cols, model.x.element, operand_type(model.x.element, operands)};
}

/// The numbers of a plan, before a criterion adds its own.
Plan numbered_plan(std::int64_t candidates, const SelectionSpec& spec) {
  if (candidates > kMostCandidates) {
    refuse("select", text("at most ", kMostCandidates, " candidates"), candidates);
  }
  check_counts(spec, candidates);
  return {.candidates = candidates,
          .count = spec.count,
          .chunks = chunk_count(spec),
          .mean_field = spec.sampling.preset == Preset::kMeanField};
}

// What a criterion adds to a plan. `interaction` is κ.

void describe(const DevicePairs& pairs, double interaction, const Engine& engine, Plan& plan) {
  plan.models = {model_plan(pairs.learner, pairs.weights.learner, engine.operands),
                 model_plan(pairs.reference, pairs.weights.reference, engine.operands)};
  plan.contrast = pairs.contrast;
  plan.include_positive = pairs.contrast == Contrast::kSoftmax && pairs.include_positive;
  plan.interacts = interaction != 0;
}

void describe(const DeviceLosses&, double, const Engine&, Plan& plan) {
  plan.criterion = Criterion::kLosses;
  plan.interacts = false;
}

void describe_linear(const DeviceMatrix& features, double coefficient, Plan& plan) {
  check_coefficient(coefficient);
  plan.criterion = Criterion::kLinear;
  plan.features = {features.cols, features.element, OperandType::kFloat32};
  plan.interacts = coefficient != 0;
}

void describe(const DeviceAlignment& alignment, double interaction, const Engine&, Plan& plan) {
  describe_linear(alignment.features, alignment.coefficient(interaction), plan);
}

void describe(const DeviceDiversity& diversity, double interaction, const Engine&, Plan& plan) {
  describe_linear(diversity.embeddings, diversity.coefficient(interaction), plan);
}

}  // namespace

Plan plan_of(const DeviceCriterion& criterion, const SelectionSpec& spec, const Engine& engine) {
  return std::visit(
      [&](const auto& given) {
        check_criterion(given);
        Plan plan = numbered_plan(given.candidates(), spec);
        plan.named = given.ids != nullptr;
        describe(given, spec.interaction(), engine, plan);
        return plan;
      },
      criterion);
}

std::int64_t workspace_bytes(const DeviceCriterion& criterion, const SelectionSpec& spec,
                             const Engine& engine) {
  return divided(plan_of(criterion, spec, engine), nullptr).bytes;
}

}  // namespace jest::cuda

#pragma once
// jest::select, the whole of selection without LibTorch: a criterion over your own memory and a
// spec go in, positions and a few statistics come out.
//
//   jest::SigmoidPairs pairs{{.learner = {x, y, t, beta}, .reference = {...}}};
//   jest::Selection picks = jest::select(pairs, {.count = 128, .seed = 7, .step = step});
//
// Contract: exactly `count` distinct positions in draw order; the same for any thread count; a
// pure function of its arguments. Time O(d·b·B) for contrastive criteria and O(N·d·B) for linear
// ones; memory O(B) beside the inputs, never B×B. Throws jest::Error when the arguments are
// impossible; but for ids that are not distinct, before any work. Sources: see criteria/ and
// select/sampler.hpp.

#include "jest/criteria/conditional_scores.hpp"
#include "jest/criteria/contrastive.hpp"
#include "jest/criteria/linear_pairs.hpp"
#include "jest/criteria/separable.hpp"
#include "jest/select/cpu.hpp"
#include "jest/select/cuda.hpp"
#include "jest/select/eigen_contrastive.hpp"
#include "jest/select/sampler.hpp"

namespace jest {
namespace detail {

/// Samples from a criterion's state and names in the statistics what computed it.
template <class Scores, class Pairs>
Selection select_by(const Pairs& pairs, const SelectionSpec& spec,
                    const typename Scores::Engine& engine) {
  const auto start = std::chrono::steady_clock::now();
  Scores scores(pairs, spec.interaction(), engine);
  Selection selection = sample(scores, spec, pairs.ids);
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start;
  selection.statistics.select_ms = elapsed.count();
  if constexpr (requires { scores.fell_back(); }) {
    if (scores.fell_back()) selection.statistics.fell_back = true;
  }
  return selection;
}

/// Whether the cpu backend has vectors on this machine; its scalar twin is no match for Eigen.
inline bool vectorised() { return cpu::fastest_instruction_set() != cpu::InstructionSet::kScalar; }

/// The one place that turns a backend's name into its code.
template <class EigenScores, class CpuScores, class Pairs>
Selection select_pairs(const Pairs& pairs, const SelectionSpec& spec) {
  check_pairs("select", pairs);
  check_counts(spec, pairs.candidates());
  if (spec.backend == Backend::kCuda) return cuda::select(pairs, spec);
  if (spec.backend == Backend::kEigen || (spec.backend == Backend::kDefault && !vectorised())) {
    Selection selection = select_by<EigenScores>(pairs, spec, {spec.threads});
    selection.statistics.backend = "eigen";
    return selection;
  }
  const bool narrow = spec.backend == Backend::kCpuBf16;
  const cpu::Engine engine{.threads = spec.threads,
                           .operands = narrow ? cpu::Operands::kBfloat16 : cpu::Operands::kFloat32};
  Selection selection = select_by<CpuScores>(pairs, spec, engine);
  selection.statistics.backend = narrow ? "cpu-bf16" : "cpu";
  selection.statistics.instruction_set = cpu::name_of(engine.instruction_set);
  return selection;
}

}  // namespace detail

inline Selection select(const SigmoidPairs& pairs, const SelectionSpec& spec) {
  return detail::select_pairs<eigen::SigmoidScores, cpu::SigmoidScores>(pairs, spec);
}

inline Selection select(const SoftmaxPairs& pairs, const SelectionSpec& spec) {
  return detail::select_pairs<eigen::SoftmaxScores, cpu::SoftmaxScores>(pairs, spec);
}

inline Selection select(const GradientAlignment& criterion, const SelectionSpec& spec) {
  check_counts(spec, criterion.features.rows);
  if (spec.backend == Backend::kCuda) return cuda::select(criterion, spec);
  LinearPairScores scores = conditional_scores(criterion, spec.interaction());
  return sample(scores, spec, criterion.ids);
}

inline Selection select(const EmbeddingDiversity& criterion, const SelectionSpec& spec) {
  check_counts(spec, criterion.embeddings.rows);
  if (spec.backend == Backend::kCuda) return cuda::select(criterion, spec);
  LinearPairScores scores = conditional_scores(criterion, spec.interaction());
  return sample(scores, spec, criterion.ids);
}

inline Selection select(const Losses& losses, const SelectionSpec& spec,
                        const ScoreWeights& weights = kLearnability) {
  check_counts(spec, check_losses(losses, weights));
  if (spec.backend == Backend::kCuda) return cuda::select(losses, spec, weights);
  SeparableScores scores(losses, weights);
  return sample(scores, spec, losses.ids);
}

/// Any state that offers `scores()` and `condition_on(picks)`: the separable criterion's, yours.
/// `ids` [B] are distinct and ≥ 0; when empty, positions are ids.
template <ConditionalScores State>
Selection select(State& state, const SelectionSpec& spec, std::span<const std::int64_t> ids = {}) {
  return sample(state, spec, ids);
}

}  // namespace jest

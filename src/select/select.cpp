// jest::select of the criteria of this library: checks, the choice of a backend, statistics.

#include "jest/select/select.hpp"

#include "jest/select/cpu.hpp"
#include "jest/select/cuda.hpp"
#include "select/cpu/contrastive.hpp"
#include "select/plain/contrastive.hpp"

namespace jest {
namespace {

/// Samples from a criterion's state; `spec.backend` is ignored.
template <class Scores, class Pairs>
Selection select_by(const Pairs& pairs, const SelectionSpec& spec,
                    const typename Scores::Engine& engine) {
  const double start = detail::milliseconds();
  Scores scores(pairs, spec.interaction(), engine);
  Selection selection = sample(scores, spec, pairs.ids);
  selection.statistics.select_ms = detail::milliseconds() - start;
  if constexpr (requires { scores.fell_back(); }) {
    selection.statistics.fell_back = scores.fell_back();
  }
  return selection;
}

/// Whether the cpu backend has vectors on this machine; its scalar twin is no match for Eigen.
bool vectorised() { return cpu::fastest_instruction_set() != cpu::InstructionSet::kScalar; }

/// The one place that turns a backend's name into its code.
template <class PlainScores, class Pairs>
Selection select_pairs(const Pairs& pairs, const SelectionSpec& spec) {
  check_pairs("select", pairs);
  check_counts(spec, pairs.candidates());
  if (spec.backend == Backend::kCuda) return cuda::select(pairs, spec);
  if (spec.backend == Backend::kEigen || (spec.backend == Backend::kDefault && !vectorised())) {
    Selection selection = select_by<PlainScores>(pairs, spec, {spec.threads});
    selection.statistics.backend = "eigen";
    return selection;
  }
  const bool narrow = spec.backend == Backend::kCpuBf16;
  return cpu::select(pairs, spec,
                     {.threads = spec.threads,
                      .operands = narrow ? cpu::Operands::kBfloat16 : cpu::Operands::kFloat32});
}

template <class CpuScores, class Pairs>
Selection select_on_cpu(const Pairs& pairs, SelectionSpec spec, const cpu::Engine& engine) {
  check_pairs("select", pairs);
  check_counts(spec, pairs.candidates());
  spec.backend = Backend::kCpu;
  Selection selection = select_by<CpuScores>(pairs, spec, engine);
  selection.statistics.backend = engine.operands == cpu::Operands::kBfloat16 ? "cpu-bf16" : "cpu";
  selection.statistics.instruction_set = cpu::name_of(engine.instruction_set);
  return selection;
}

}  // namespace

Selection cpu::select(const SigmoidPairs& pairs, const SelectionSpec& spec,
                      const cpu::Engine& engine) {
  return select_on_cpu<cpu::SigmoidScores>(pairs, spec, engine);
}

Selection cpu::select(const SoftmaxPairs& pairs, const SelectionSpec& spec,
                      const cpu::Engine& engine) {
  return select_on_cpu<cpu::SoftmaxScores>(pairs, spec, engine);
}

Selection select(const SigmoidPairs& pairs, const SelectionSpec& spec) {
  return select_pairs<plain::SigmoidScores>(pairs, spec);
}

Selection select(const SoftmaxPairs& pairs, const SelectionSpec& spec) {
  return select_pairs<plain::SoftmaxScores>(pairs, spec);
}

Selection select(const GradientAlignment& criterion, const SelectionSpec& spec) {
  check_counts(spec, criterion.features.rows);
  if (spec.backend == Backend::kCuda) return cuda::select(criterion, spec);
  LinearPairScores scores = conditional_scores(criterion, spec.interaction());
  return sample(scores, spec, criterion.ids);
}

Selection select(const EmbeddingDiversity& criterion, const SelectionSpec& spec) {
  check_counts(spec, criterion.embeddings.rows);
  if (spec.backend == Backend::kCuda) return cuda::select(criterion, spec);
  LinearPairScores scores = conditional_scores(criterion, spec.interaction());
  return sample(scores, spec, criterion.ids);
}

Selection select(const Losses& losses, const SelectionSpec& spec, const ScoreWeights& weights) {
  check_counts(spec, check_losses(losses, weights));
  if (spec.backend == Backend::kCuda) return cuda::select(losses, spec, weights);
  SeparableScores scores(losses, weights);
  return sample(scores, spec, losses.ids);
}

}  // namespace jest

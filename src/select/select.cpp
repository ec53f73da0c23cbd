// jest::select of the criteria of this library: checks, the choice of a backend, statistics.

#include "jest/select/select.hpp"

#include <optional>
#include <type_traits>

#include "jest/select/cuda.hpp"
#include "select/cpu/contrastive.hpp"
#include "select/cpu/engine.hpp"
#include "select/plain/contrastive.hpp"
#include "select/rounds.hpp"

namespace jest {
namespace {

/// Samples from what `make` answers; what that throws is thrown on all ranks.
template <class Make>
Selection sample_from(const Make& make, const SelectionSpec& spec,
                      std::span<const std::int64_t> ids, std::int64_t candidates) {
  const double start = detail::milliseconds();
  detail::Rounds rounds(spec, candidates);
  std::optional<decltype(make())> scores;
  rounds.attempt([&] { scores.emplace(make()); });
  if (!scores) rounds.meet(0, {});
  Selection selection = detail::sample_rounds(detail::any_state(*scores), ids, rounds);
  selection.statistics.select_ms = detail::milliseconds() - start;
  if constexpr (requires { scores->fell_back(); }) {
    selection.statistics.fell_back = scores->fell_back();
  }
  return selection;
}

/// Whether the cpu backend has vectors on this machine; its scalar twin is no match for Eigen.
bool vectorised() { return cpu::fastest_instruction_set() != cpu::InstructionSet::kScalar; }

template <class Pairs>
using PlainScores = std::conditional_t<std::is_same_v<Pairs, SigmoidPairs>, plain::SigmoidScores,
                                       plain::SoftmaxScores>;
template <class Pairs>
using CpuScores =
    std::conditional_t<std::is_same_v<Pairs, SigmoidPairs>, cpu::SigmoidScores, cpu::SoftmaxScores>;

/// Within `make`, so that a rank's error reaches the others. A rank's part may be empty.
void check(const ContrastivePairs& pairs, const SelectionSpec& spec) {
  if (!spec.exchange || spec.shard.count > 0) check_pairs("select", pairs);
  check_counts(spec, spec.total(pairs.candidates()));
}

template <class Pairs>
Selection select_plain(const Pairs& pairs, const SelectionSpec& spec) {
  const auto make = [&] {
    check(pairs, spec);
    return PlainScores<Pairs>(pairs, spec.interaction(), {spec.threads});
  };
  Selection selection = sample_from(make, spec, pairs.ids, pairs.candidates());
  selection.statistics.backend = "eigen";
  return selection;
}

template <class Pairs>
Selection select_on_cpu(const Pairs& pairs, SelectionSpec spec, const cpu::Engine& engine) {
  const auto make = [&] {
    check(pairs, spec);
    return CpuScores<Pairs>(pairs, spec.interaction(), engine);
  };
  const bool narrow = engine.operands == cpu::Operands::kBfloat16;
  spec.backend = narrow ? Backend::kCpuBf16 : Backend::kCpu;
  Selection selection = sample_from(make, spec, pairs.ids, pairs.candidates());
  selection.statistics.backend = narrow ? "cpu-bf16" : "cpu";
  selection.statistics.instruction_set = cpu::name_of(engine.instruction_set);
  return selection;
}

/// The CUDA backend knows of one process; the plain one refuses it, on all ranks.
bool selects_on_cuda(const SelectionSpec& spec) {
  return spec.backend == Backend::kCuda && !spec.exchange;
}

/// The one place that turns a backend's name into its code.
template <class Pairs>
Selection select_pairs(const Pairs& pairs, const SelectionSpec& spec) {
  if (selects_on_cuda(spec)) {
    check(pairs, spec);
    return cuda::select(pairs, spec);
  }
  const bool slow = spec.backend == Backend::kDefault && !vectorised();
  if (spec.backend == Backend::kEigen || spec.backend == Backend::kCuda || slow) {
    return select_plain(pairs, spec);
  }
  const bool narrow = spec.backend == Backend::kCpuBf16;
  return select_on_cpu(pairs, spec,
                       {.threads = spec.threads,
                        .operands = narrow ? cpu::Operands::kBfloat16 : cpu::Operands::kFloat32});
}

template <class Criterion>
Selection select_linear(const Criterion& criterion, const SelectionSpec& spec,
                        std::int64_t candidates) {
  if (selects_on_cuda(spec)) {
    check_counts(spec, candidates);
    return cuda::select(criterion, spec);
  }
  const auto make = [&] {
    check_counts(spec, spec.total(candidates));
    return conditional_scores(criterion, spec.interaction());
  };
  return sample_from(make, spec, criterion.ids, candidates);
}

}  // namespace

Selection cpu::select(const SigmoidPairs& pairs, const SelectionSpec& spec,
                      const cpu::Engine& engine) {
  return select_on_cpu(pairs, spec, engine);
}

Selection cpu::select(const SoftmaxPairs& pairs, const SelectionSpec& spec,
                      const cpu::Engine& engine) {
  return select_on_cpu(pairs, spec, engine);
}

Selection select(const SigmoidPairs& pairs, const SelectionSpec& spec) {
  return select_pairs(pairs, spec);
}

Selection select(const SoftmaxPairs& pairs, const SelectionSpec& spec) {
  return select_pairs(pairs, spec);
}

Selection select(const GradientAlignment& criterion, const SelectionSpec& spec) {
  return select_linear(criterion, spec, criterion.features.rows);
}

Selection select(const EmbeddingDiversity& criterion, const SelectionSpec& spec) {
  return select_linear(criterion, spec, criterion.embeddings.rows);
}

Selection select(const Losses& losses, const SelectionSpec& spec, const ScoreWeights& weights) {
  if (selects_on_cuda(spec)) {
    check_counts(spec, check_losses(losses, weights));
    return cuda::select(losses, spec, weights);
  }
  const auto candidates = std::ssize(weights.learner != 0 ? losses.learner : losses.reference);
  const auto make = [&] {
    check_counts(spec, spec.total(check_losses(losses, weights)));
    return SeparableScores(losses, weights);
  };
  return sample_from(make, spec, losses.ids, candidates);
}

}  // namespace jest

// jest::select of the criteria of this library: checks, the choice of a backend, statistics.

#include "jest/select/select.hpp"

#include <optional>
#include <type_traits>

#include "jest/select/cpu.hpp"
#include "jest/select/cuda.hpp"
#include "select/cpu/contrastive.hpp"
#include "select/plain/contrastive.hpp"

namespace jest {
namespace {

/// A part of a super-batch, and the ranks that have the others.
struct Part {
  Shard shard;
  Exchange& exchange;
};

/// Samples from what `make` answers; what that throws is thrown on all ranks.
template <class Make>
Selection sample_from(const Make& make, const SelectionSpec& spec,
                      std::span<const std::int64_t> ids, const Part& part) {
  const double start = detail::milliseconds();
  detail::Rounds rounds(spec, part.shard, part.exchange);
  std::optional<decltype(make())> scores;
  rounds.attempt([&] { scores.emplace(make()); });
  if (!scores) rounds.meet(0, {});
  Selection selection = detail::sample_rounds(*scores, ids, rounds);
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

/// Checks are within `make`, so that a rank's error reaches the others.
void check_part(const ContrastivePairs& pairs, const SelectionSpec& spec, const Shard& shard) {
  if (shard.count > 0) check_pairs("select", pairs);
  check_counts(spec, shard.total);
}

template <class Pairs>
Selection select_plain(const Pairs& pairs, const SelectionSpec& spec, const Part& part) {
  const auto make = [&] {
    check_part(pairs, spec, part.shard);
    return PlainScores<Pairs>(pairs, spec.interaction(), {spec.threads});
  };
  Selection selection = sample_from(make, spec, pairs.ids, part);
  selection.statistics.backend = "eigen";
  return selection;
}

template <class Pairs>
Selection select_on_cpu(const Pairs& pairs, SelectionSpec spec, const cpu::Engine& engine,
                        const Part& part) {
  const auto make = [&] {
    check_part(pairs, spec, part.shard);
    return CpuScores<Pairs>(pairs, spec.interaction(), engine);
  };
  const bool narrow = engine.operands == cpu::Operands::kBfloat16;
  spec.backend = narrow ? Backend::kCpuBf16 : Backend::kCpu;
  Selection selection = sample_from(make, spec, pairs.ids, part);
  selection.statistics.backend = narrow ? "cpu-bf16" : "cpu";
  selection.statistics.instruction_set = cpu::name_of(engine.instruction_set);
  return selection;
}

/// The one place that turns the name of a backend of the host into its code.
template <class Pairs>
Selection select_on_host(const Pairs& pairs, const SelectionSpec& spec, const Part& part) {
  const bool slow = spec.backend == Backend::kDefault && !vectorised();
  if (spec.backend == Backend::kEigen || spec.backend == Backend::kCuda || slow) {
    return select_plain(pairs, spec, part);  // which refuses CUDA on all ranks
  }
  const bool narrow = spec.backend == Backend::kCpuBf16;
  return select_on_cpu(pairs, spec,
                       {.threads = spec.threads,
                        .operands = narrow ? cpu::Operands::kBfloat16 : cpu::Operands::kFloat32},
                       part);
}

template <class Pairs>
Selection select_pairs(const Pairs& pairs, const SelectionSpec& spec) {
  check_pairs("select", pairs);
  check_counts(spec, pairs.candidates());
  if (spec.backend == Backend::kCuda) return cuda::select(pairs, spec);
  Alone alone;
  return select_on_host(pairs, spec, {whole(pairs.candidates()), alone});
}

template <class Criterion>
Selection select_linear(const Criterion& criterion, const SelectionSpec& spec, const Part& part) {
  return sample_from([&] { return conditional_scores(criterion, spec.interaction()); }, spec,
                     criterion.ids, part);
}

template <class Criterion>
Selection select_linear(const Criterion& criterion, const SelectionSpec& spec,
                        std::int64_t candidates) {
  check_counts(spec, candidates);
  if (spec.backend == Backend::kCuda) return cuda::select(criterion, spec);
  Alone alone;
  return select_linear(criterion, spec, {whole(candidates), alone});
}

Selection select_losses(const Losses& losses, const SelectionSpec& spec,
                        const ScoreWeights& weights, const Part& part) {
  return sample_from([&] { return SeparableScores(losses, weights); }, spec, losses.ids, part);
}

}  // namespace

Selection cpu::select(const SigmoidPairs& pairs, const SelectionSpec& spec,
                      const cpu::Engine& engine) {
  Alone alone;
  return select_on_cpu(pairs, spec, engine, {whole(pairs.candidates()), alone});
}

Selection cpu::select(const SoftmaxPairs& pairs, const SelectionSpec& spec,
                      const cpu::Engine& engine) {
  Alone alone;
  return select_on_cpu(pairs, spec, engine, {whole(pairs.candidates()), alone});
}

Selection cpu::select(const SigmoidPairs& pairs, const SelectionSpec& spec,
                      const cpu::Engine& engine, const Shard& shard, Exchange& exchange) {
  return select_on_cpu(pairs, spec, engine, {shard, exchange});
}

Selection cpu::select(const SoftmaxPairs& pairs, const SelectionSpec& spec,
                      const cpu::Engine& engine, const Shard& shard, Exchange& exchange) {
  return select_on_cpu(pairs, spec, engine, {shard, exchange});
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
  const std::int64_t candidates = check_losses(losses, weights);
  check_counts(spec, candidates);
  if (spec.backend == Backend::kCuda) return cuda::select(losses, spec, weights);
  Alone alone;
  return select_losses(losses, spec, weights, {whole(candidates), alone});
}

Selection select(const SigmoidPairs& pairs, const SelectionSpec& spec, const Shard& shard,
                 Exchange& exchange) {
  return select_on_host(pairs, spec, {shard, exchange});
}

Selection select(const SoftmaxPairs& pairs, const SelectionSpec& spec, const Shard& shard,
                 Exchange& exchange) {
  return select_on_host(pairs, spec, {shard, exchange});
}

Selection select(const GradientAlignment& criterion, const SelectionSpec& spec, const Shard& shard,
                 Exchange& exchange) {
  return select_linear(criterion, spec, Part{shard, exchange});
}

Selection select(const EmbeddingDiversity& criterion, const SelectionSpec& spec, const Shard& shard,
                 Exchange& exchange) {
  return select_linear(criterion, spec, Part{shard, exchange});
}

Selection select(const Losses& losses, const SelectionSpec& spec, const Shard& shard,
                 Exchange& exchange, const ScoreWeights& weights) {
  return select_losses(losses, spec, weights, {shard, exchange});
}

}  // namespace jest

// What scorers share: how many are picked, uniform picks, and their state among the tensors of a
// checkpoint.

#include "jest/scorers/scorer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/scorers/joint_example_scorer.hpp"
#include "jest/select/select.hpp"

namespace jest {

std::int64_t PickCount::of(std::int64_t candidates) const {
  const double part = share * static_cast<double>(candidates);
  const std::int64_t wanted = count > 0 ? count : std::max<std::int64_t>(std::llround(part), 1);
  if (wanted <= candidates || shortage == Shortage::kRefuse) return wanted;
  return shortage == Shortage::kTakeAll ? candidates : 0;
}

void PickCount::check(const char* who) const {
  if (count < 0 || (count == 0 && share == 0)) refuse(who, "a count of at least 1", count);
  if (!(share >= 0 && share <= 1)) refuse(who, "a share of the candidates from 0 to 1", share);
  if (count > 0 && share > 0) refuse(who, "one of count and share", "both");
}

Selection uniform_picks(std::span<const std::int64_t> ids, std::int64_t count, std::uint64_t seed,
                        std::int64_t step) {
  const std::vector<float> zeros(ids.size(), 0.0F);
  return select(
      Losses{.learner = zeros, .reference = {}, .ids = ids},
      {.count = count, .sampling = {.preset = Preset::kUniform}, .seed = seed, .step = step},
      kHardLearner);
}

SelectionSpec ScorerSpec::selection(std::int64_t candidates, std::int64_t step) const {
  const SelectionSpec spec{.count = picks().of(candidates),
                           .sampling = sampling,
                           .seed = seed,
                           .step = step,
                           .backend = backend,
                           .threads = threads,
                           .on_round = on_round};
  return detail::over_ranks(detail::without_idle_rounds(spec), candidates, exchange);
}

namespace detail {

SelectionSpec without_idle_rounds(SelectionSpec spec) {
  auto& chunks = spec.sampling.chunks;
  if (spec.interaction() == 0 && spec.sampling.preset == Preset::kJoint) chunks = 1;
  if (chunks) chunks = std::min(*chunks, spec.count);
  return spec;
}

SelectionSpec over_ranks(SelectionSpec spec, std::int64_t candidates, Exchange* exchange) {
  if (exchange == nullptr || exchange->size() == 1) return spec;
  const std::int64_t step = candidates < kShardStep * exchange->size() ? 1 : kShardStep;
  spec.shard = shard_of(candidates, exchange->size(), exchange->rank(), step);
  spec.exchange = exchange;
  if (candidates < exchange->size()) {
    refuse("select", text("a candidate for each of ", exchange->size(), " ranks"), candidates);
  }
  return spec;
}

bool takes_strangers_for_matches(const Embeddings& embeddings) {
  const auto& [x, y, scale, bias] = embeddings;
  if (x.size(0) < kFewestStrangers) return false;
  const at::Tensor cosines =
      (x * y.roll(-(y.size(0) / 2), 0)).sum(1, /*keepdim=*/false, at::kDouble);
  at::Tensor logits = scale.defined() ? cosines * scale.to(cosines.device()) : cosines;
  if (bias.defined()) logits = logits + bias.to(cosines.device());
  return logits.sigmoid().nanmean().item<double>() > kMatchOfStrangers;
}

std::optional<ScoredSelection> of_too_few(const PickCount& picks, std::int64_t candidates) {
  if (picks.count <= candidates && candidates > 0) return std::nullopt;
  if (picks.shortage == Shortage::kRefuse) {
    if (candidates == 0) refuse("select", "a super-batch whose ids() name its candidates", "no id");
    refuse("select", text("a count between 1 and the ", candidates, " candidates"), picks.count);
  }
  Selection all;
  all.indices.resize(static_cast<std::size_t>(picks.of(candidates)));
  std::iota(all.indices.begin(), all.indices.end(), 0);
  all.scores.assign(all.indices.size(), std::numeric_limits<double>::quiet_NaN());
  return all;
}

namespace {

constexpr std::string_view kScorerPrefix = "scorer.";

}  // namespace

NamedTensors with_prefix(const NamedTensors& scorer_state) {
  NamedTensors tensors;
  for (const auto& [name, tensor] : scorer_state) {
    tensors.emplace_back(text(kScorerPrefix, name), tensor);
  }
  return tensors;
}

NamedTensors scorer_state_of(const NamedTensors& checkpoint) {
  NamedTensors state;
  for (const auto& [name, tensor] : checkpoint) {
    if (name.starts_with(kScorerPrefix)) {
      state.emplace_back(name.substr(kScorerPrefix.size()), tensor);
    }
  }
  return state;
}

}  // namespace detail
}  // namespace jest

// What scorers share: how many are picked, and their state among the tensors of a checkpoint.

#include "jest/scorers/scorer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>

#include "jest/core/error.hpp"

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

namespace detail {

std::optional<ScoredSelection> of_too_few(const PickCount& picks, std::int64_t candidates) {
  if (picks.count <= candidates && candidates > 0) return std::nullopt;
  if (picks.shortage == Shortage::kRefuse) {
    refuse("select", text("a count between 1 and the ", candidates, " candidates"), picks.count);
  }
  Selection all;
  all.indices.resize(static_cast<std::size_t>(picks.of(candidates)));
  std::iota(all.indices.begin(), all.indices.end(), 0);
  all.scores.assign(all.indices.size(), std::numeric_limits<double>::quiet_NaN());
  return all;
}

}  // namespace detail
}  // namespace jest

namespace jest::detail {
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

}  // namespace jest::detail

// State of scorers among the tensors of a checkpoint.

#include "jest/scorers/scorer.hpp"

#include <string_view>

#include "jest/core/error.hpp"

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

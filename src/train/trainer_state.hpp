#pragma once
// The state of a trainer as JSON: what state.json of a checkpoint holds, and what ranks share.

#include <nlohmann/json.hpp>
#include <string>

#include "jest/train/checkpoint.hpp"

namespace jest {

nlohmann::ordered_json to_json(const TrainerState& state);

/// Throws jest::Error, naming `operation`, on counts that are none; nlohmann's errors on the rest.
TrainerState trainer_state_of(const nlohmann::ordered_json& json, const std::string& operation);

}  // namespace jest

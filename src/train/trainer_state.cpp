// The state of a trainer as JSON, and back.

#include "trainer_state.hpp"

#include <cmath>

namespace jest {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const std::vector<PicksAhead>& ahead) {
  Json all = Json::array();
  for (const auto& [picks, scored] : ahead) {
    const SelectionStatistics& statistics = picks.statistics;
    all.push_back({{"picks", picks.indices},
                   {"scores", picks.scores},
                   {"mean_super_batch", statistics.mean_own_score_super_batch},
                   {"mean_picks", statistics.mean_own_score_picks},
                   {"scored", scored}});
  }
  return all;
}

/// nlohmann would convert 1e30 and -1 without a word.
std::int64_t count_of(const Json& json, const std::string& operation) {
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() > INT64_MAX) {
    refuse(operation, "counts that are whole numbers from 0", json.type_name());
  }
  return json.get<std::int64_t>();
}

/// What is no number was written as null.
double number_of(const Json& json) { return json.is_null() ? std::nan("") : json.get<double>(); }

std::vector<PicksAhead> ahead_from_json(const Json& json, const std::string& operation) {
  std::vector<PicksAhead> ahead;
  for (const Json& one : json) {
    PicksAhead& last = ahead.emplace_back();
    for (const Json& pick : one.at("picks")) {
      last.picks.indices.push_back(count_of(pick, operation));
    }
    for (const Json& score : one.at("scores")) last.picks.scores.push_back(number_of(score));
    last.picks.statistics.mean_own_score_super_batch = number_of(one.at("mean_super_batch"));
    last.picks.statistics.mean_own_score_picks = number_of(one.at("mean_picks"));
    one.at("scored").get_to(last.scored);
  }
  return ahead;
}

}  // namespace

Json to_json(const TrainerState& state) {
  return {{"step", state.step},
          {"trained", state.examples.trained},
          {"scored", state.examples.scored},
          {"reference_scored", state.examples.reference_scored},
          {"seconds", state.seconds.seconds},
          {"cpu_seconds", state.cpu_seconds},
          {"joules", state.joules},  // NaN is null
          {"meter", state.meter},
          {"learnability_mean", state.learnability.mean},
          {"learnability_seen", state.learnability.seen},
          {"selection_stopped", state.selection_stopped},
          {"tag_counts", state.tag_counts},
          {"noted", state.noted},
          {"ahead", to_json(state.ahead)}};
}

TrainerState trainer_state_of(const Json& json, const std::string& operation) {
  TrainerState state;
  state.step = count_of(json.at("step"), operation);
  state.examples.trained = count_of(json.at("trained"), operation);
  state.examples.scored = count_of(json.at("scored"), operation);
  state.examples.reference_scored = count_of(json.at("reference_scored"), operation);
  json.at("seconds").get_to(state.seconds.seconds);
  json.at("cpu_seconds").get_to(state.cpu_seconds);
  state.joules = number_of(json.value("joules", Json()));  // none in those of earlier versions
  state.meter = json.value("meter", "");
  json.at("learnability_mean").get_to(state.learnability.mean);
  state.learnability.seen = count_of(json.at("learnability_seen"), operation);
  json.at("selection_stopped").get_to(state.selection_stopped);
  for (const auto& [tag, count] : json.at("tag_counts").get<std::map<std::string, Json>>()) {
    state.tag_counts[tag] = count_of(count, operation);
  }
  json.at("noted").get_to(state.noted);
  state.ahead = ahead_from_json(json.value("ahead", Json::array()), operation);
  return state;
}

}  // namespace jest

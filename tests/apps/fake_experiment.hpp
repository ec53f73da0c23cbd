#pragma once
// Made-up arms, and the summary and metrics that jest-train would have written of them.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace jest::testing {

using nlohmann::json;

/// An arm whose R@1 is `scores` at steps 100, 200, ...
struct FakeArm {
  std::string arm;
  std::vector<double> scores;
  double flops_per_step = 3e9;
  std::int64_t seed = 0;
};

inline json flops(const FakeArm& fake, double steps) {
  const bool selects = fake.arm != "uniform";
  return {{"learner_training", fake.flops_per_step * steps},
          {"reference_training", selects ? 3e10 : 0.0},
          {"pool_embedding", selects ? 3e10 : 0.0}};
}

inline json seconds(double steps) {
  return {{"load", 0.0}, {"selection", 0.01 * steps}, {"train", 0.09 * steps}, {"evaluate", 1.0}};
}

inline json evaluations(const FakeArm& fake) {
  json list = json::array();
  for (std::size_t i = 0; i < fake.scores.size(); ++i) {
    list.push_back({{"step", 100 * (i + 1)}, {"r_at_1", fake.scores[i]}, {"r_at_10", 0.9}});
  }
  return list;
}

inline json run_of(const FakeArm& fake) {
  const double steps = 100.0 * static_cast<double>(fake.scores.size());
  return {{"arm", fake.arm},
          {"seed", fake.seed},
          {"steps", steps},
          {"evaluations", evaluations(fake)},
          {"examples_scored", 5 * steps},
          {"examples_trained", steps},
          {"flops", flops(fake, steps)},
          {"seconds", seconds(steps)},
          {"picked_tags", {{{"step", 100}, {"ja", 0.25}}, {{"step", 200}, {"ja", 0.75}}}}};
}

inline json summary_of(const std::vector<FakeArm>& arms) {
  json summary = {{"command", "jest-train --name \"<b>\""},
                  {"version", "0.1"},
                  {"data", {{"super_batch", 640}, {"count", 128}, {"target_tag", "ja"}}},
                  {"reference", {{"r_at_1", 0.5}}},
                  {"runs", json::array()}};
  summary["data"]["pool"] = {{"path", "pool.tsv"}, {"tags", {{"ja", 0.05}, {"de", 0.95}}}};
  for (const FakeArm& arm : arms) summary["runs"].push_back(run_of(arm));
  return summary;
}

inline std::string metrics_of(const FakeArm& fake) {
  std::ostringstream lines;
  lines << R"({"event":"step","step":1,"loss":null,"learnability_picks":null})" << '\n';
  lines << R"({"event":"step","step":2,"loss":1,"learnability_picks":0.5})" << '\n';
  lines << R"({"event":"samples","step":1,"picked":[{"id":7,"x":"<script>","score":null}]})"
        << '\n';
  for (json event : evaluations(fake)) {
    event["event"] = "evaluation";
    event["flops"] = {{"learner_training", fake.flops_per_step * event["step"].get<double>()}};
    event["seconds"] = seconds(event["step"]);
    lines << event.dump() << '\n';
  }
  return lines.str();
}

inline const FakeArm kUniformArm{"uniform", {.2, .4, .5, .6, .64, .65}};
inline const FakeArm kWinningArm{"joint", {.3, .66, .7, .71, .73, .74}, 6e9};
inline const FakeArm kLosingArm{"joint", {.2, .3, .4, .45, .5, .55}, 6e9};

}  // namespace jest::testing

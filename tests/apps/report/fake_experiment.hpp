#pragma once
// Made-up arms, and the summary and metrics that jest-train would have written of them.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace jest::testing {

using nlohmann::json;

/// What an experiment trains, and what its evaluations measure.
struct FakeTask {
  std::string task;
  json measures;
};

/// An arm whose first measure is `scores` at steps 100, 200, ...; further ones are 0.9.
struct FakeArm {
  std::string arm;
  std::vector<double> scores;
  double flops_per_step = 3e9;
  std::int64_t seed = 0;
};

inline json measure(const char* name, const char* label, bool higher_is_better) {
  return {{"name", name}, {"label", label}, {"higher_is_better", higher_is_better}};
}

inline const FakeTask kPairs{
    "pairs", json::array({measure("r_at_1", "R@1", true), measure("r_at_10", "R@10", true)})};
inline const FakeTask kText{
    "text", json::array({json{{"name", "bits_per_byte"},
                              {"label", "bits per byte"},
                              {"higher_is_better", false},
                              {"meaning", "The negative base-2 logarithm of a probability."}},
                         measure("bits_per_byte_git", "bits per byte, git", false),
                         measure("bits_per_byte_postgresql", "bits per byte, postgresql", false)})};

inline json flops(const FakeArm& fake, double steps) {
  const bool selects = fake.arm != "uniform";
  return {{"learner_training", fake.flops_per_step * steps},
          {"reference_training", selects ? 3e10 : 0.0},
          {"pool_embedding", selects ? 3e10 : 0.0}};
}

inline json seconds(double steps) {
  return {{"load", 0.0}, {"selection", 0.01 * steps}, {"train", 0.09 * steps}, {"evaluate", 1.0}};
}

inline json evaluations(const FakeArm& fake, const FakeTask& task) {
  json list = json::array();
  for (std::size_t i = 0; i < fake.scores.size(); ++i) {
    json entry = {{"step", 100 * (i + 1)}};
    for (const json& one : task.measures) entry[one["name"].get<std::string>()] = 0.9;
    entry[task.measures[0]["name"].get<std::string>()] = fake.scores[i];
    list.push_back(entry);
  }
  return list;
}

inline std::string kind_of(const FakeArm& fake) { return fake.arm.substr(0, fake.arm.find(':')); }

inline std::string role_of(const FakeArm& fake) {
  if (fake.arm == "uniform") return "baseline";
  const std::string kind = kind_of(fake);
  if (kind == "uniform") return "control";
  if (kind == "uniform@equal-compute") return "equal_compute";
  if (kind == "curated" || kind == "mixed" || kind == "filter") return "rival";
  return kind == "oracle" ? "oracle" : "contender";
}

/// When the arm was first as good as `target`; null where it never was.
inline json to_uniform(const FakeArm& fake, const FakeTask& task, double target) {
  json result{{"steps", nullptr}, {"flops", nullptr}, {"all_in", nullptr}};
  for (std::size_t i = 0; i < fake.scores.size(); ++i) {
    const bool higher = task.measures[0]["higher_is_better"];
    if (higher ? fake.scores[i] < target : fake.scores[i] > target) continue;
    const double steps = 100.0 * static_cast<double>(i + 1);
    const double once = fake.arm == "uniform" ? 0 : 6e10;
    return {{"steps", steps},
            {"flops", fake.flops_per_step * steps},
            {"all_in", fake.flops_per_step * steps + once}};
  }
  return result;
}

inline json run_of(const FakeArm& fake, const FakeTask& task) {
  const double steps = 100.0 * static_cast<double>(fake.scores.size());
  return {{"arm", fake.arm},
          {"kind", kind_of(fake)},
          {"role", role_of(fake)},
          {"score", "learnability"},
          {"seed", fake.seed},
          {"steps", steps},
          {"evaluations", evaluations(fake, task)},
          {"examples_scored", 5 * steps},
          {"examples_trained", steps},
          {"flops", flops(fake, steps)},
          {"seconds", seconds(steps)},
          {"picked_tags", {{{"step", 100}, {"ja", 0.25}}, {{"step", 200}, {"ja", 0.75}}}}};
}

inline json summary_of(const std::vector<FakeArm>& arms, const FakeTask& task = kPairs) {
  json summary = {{"command", "jest-train --name \"<b>\""},
                  {"version", "0.1"},
                  {"task", task.task},
                  {"examples", "pairs"},
                  {"measures", task.measures},
                  {"data", {{"super_batch", 640}, {"count", 128}, {"target_tag", "ja"}}},
                  {"reference", {{task.measures[0]["name"].get<std::string>(), 0.5}}},
                  {"runs", json::array()}};
  summary["data"]["pool"] = {{"path", "pool.tsv"}, {"tags", {{"ja", 0.05}, {"de", 0.95}}}};
  summary["data"]["eval"] = json::array({{{"name", ""}, {"path", "eval.tsv"}, {"rows", 60}}});
  std::vector<double> ends;
  for (const FakeArm& arm : arms) {
    if (arm.arm == "uniform") ends.push_back(arm.scores.back());
  }
  for (const FakeArm& arm : arms) {
    summary["runs"].push_back(run_of(arm, task));
    if (!ends.empty()) summary["runs"].back()["to_uniform"] = to_uniform(arm, task, ends.front());
  }
  return summary;
}

inline std::string evaluation_lines(const FakeArm& fake, const FakeTask& task = kPairs) {
  std::ostringstream lines;
  for (json event : evaluations(fake, task)) {
    event["event"] = "evaluation";
    event["flops"] = {{"learner_training", fake.flops_per_step * event["step"].get<double>()}};
    event["seconds"] = seconds(event["step"]);
    lines << event.dump() << '\n';
  }
  return lines.str();
}

inline std::string metrics_of(const FakeArm& fake, const FakeTask& task = kPairs) {
  std::ostringstream lines;
  lines << R"({"event":"step","step":1,"loss":null,"learnability_picks":null})" << '\n';
  lines << R"({"event":"step","step":2,"loss":1,"learnability_picks":0.5})" << '\n';
  lines << R"({"event":"samples","step":1,"picked":[{"id":7,"x":"<script>","score":null}]})"
        << '\n';
  return lines.str() + evaluation_lines(fake, task);
}

inline const FakeArm kUniformArm{"uniform", {.2, .4, .5, .6, .64, .65}};
inline const FakeArm kWinningArm{"joint", {.3, .66, .7, .71, .73, .74}, 6e9};
inline const FakeArm kLosingArm{"joint", {.2, .3, .4, .45, .5, .55}, 6e9};

/// In bits per byte.
inline const FakeArm kUniformText{"uniform", {4, 3, 2.5, 2.4, 2.3, 2.2}};
inline const FakeArm kWinningText{"cascade", {3, 2.1, 2, 1.9, 1.9, 1.8}, 6e9};
inline const FakeArm kLosingText{"cascade", {5, 4, 3, 2.9, 2.8, 2.7}, 6e9};

}  // namespace jest::testing

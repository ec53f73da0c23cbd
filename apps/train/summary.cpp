#include "train/summary.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Json> read_evaluations(const std::filesystem::path& path) {
  std::vector<Json> evaluations;
  std::istringstream lines(read_file(path));
  std::int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    Json json = Json::parse(line, nullptr, false);
    if (json.is_discarded()) refuse(text("read ", path.string(), ", line ", number), "JSON", line);
    if (json.value("event", "") == "evaluation") evaluations.push_back(std::move(json));
  }
  if (evaluations.empty()) refuse("read " + path.string(), "at least one evaluation", "none");
  return evaluations;
}

std::string target_name(double target) {
  char name[16];
  std::snprintf(name, sizeof name, "%.4g", target);
  return name;
}

Json first_step_at(const Json& run, double target) {
  for (const Json& evaluation : run["evaluations"]) {
    if (evaluation["r_at_1"].get<double>() >= target) return evaluation["step"];
  }
  return nullptr;
}

std::vector<double> targets_for(const Json& runs) {
  std::vector<double> targets;
  for (int tenth = 1; tenth < 10; ++tenth) targets.push_back(tenth / 10.0);
  std::vector<double> uniform;
  for (const Json& run : runs) {
    if (run["arm"] == "uniform") uniform.push_back(run["evaluations"].back()["r_at_1"]);
  }
  if (!uniform.empty()) {
    std::sort(uniform.begin(), uniform.end());
    // Rounded down to the digits of its name, so that uniform itself reaches it.
    targets.push_back(std::floor(uniform[uniform.size() / 2] * 1e4) / 1e4);
  }
  return targets;
}

}  // namespace

Json summarize_run(const SummaryRun& run) {
  const std::vector<Json> evaluations = read_evaluations(run.folder / "metrics.jsonl");
  const Json& last = evaluations.back();
  Json json{{"arm", run.arm}, {"seed", run.seed}, {"steps", last["step"]}};
  json["evaluations"] = Json::array();
  json["steps_to"] = Json::object();
  json["examples_scored"] = last["examples"]["scored"];
  json["examples_trained"] = last["examples"]["trained"];
  json["flops"] = last["flops"];
  json["flops"]["reference_training"] = run.reference_training_flops;
  json["flops"]["pool_embedding"] = run.pool_embedding_flops;
  json["seconds"] = last["seconds"];
  json["picked_tags"] = Json::array();
  for (const Json& evaluation : evaluations) {
    json["evaluations"].push_back({{"step", evaluation["step"]},
                                   {"r_at_1", evaluation["r_at_1"]},
                                   {"r_at_10", evaluation["r_at_10"]}});
    if (!evaluation.contains("picked_tags")) continue;
    Json entry{{"step", evaluation["step"]}};
    entry.update(evaluation["picked_tags"]);
    json["picked_tags"].push_back(entry);
  }
  return json;
}

void add_steps_to_targets(Json& runs) {
  const std::vector<double> targets = targets_for(runs);
  for (Json& run : runs) {
    for (const double target : targets) {
      run["steps_to"][target_name(target)] = first_step_at(run, target);
    }
  }
}

}  // namespace jest

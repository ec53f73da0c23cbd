#include "train/summary.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <sstream>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest::apps::train {
namespace {

using Json = nlohmann::ordered_json;

/// Lines of metrics.jsonl by their event.
std::map<std::string, std::vector<Json>> read_events(const std::filesystem::path& path) {
  std::map<std::string, std::vector<Json>> events;
  std::istringstream lines(read_file(path));
  std::int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    Json json = Json::parse(line, nullptr, false);
    if (json.is_discarded()) {
      refuse(text("read ", path.string(), ", line ", number), "JSON", line.substr(0, 60));
    }
    events[json.value("event", "")].push_back(std::move(json));
  }
  if (events["evaluation"].empty()) {
    refuse("read " + path.string(), "at least one evaluation", "none");
  }
  return events;
}

/// Means of what the "batch" lines hold beside their steps.
Json batch_means(const std::vector<Json>& batches) {
  std::map<std::string, double> sums;
  for (const Json& batch : batches) {
    for (const auto& [name, value] : batch.items()) {
      if (value.is_number() && name != "step") sums[name] += value.get<double>();
    }
  }
  Json means = Json::object();
  for (const auto& [name, sum] : sums) means[name] = sum / batches.size();
  return means;
}

std::string target_name(double target) {
  char name[16];
  std::snprintf(name, sizeof name, "%.4g", target);
  return name;
}

bool reaches(double value, double target, const Measure& measure) {
  return measure.higher_is_better ? value >= target : value <= target;
}

Json first_step_at(const Json& run, double target, const Measure& measure) {
  for (const Json& evaluation : run["evaluations"]) {
    const Json& value = evaluation[measure.name];
    if (value.is_number() && reaches(value, target, measure)) return evaluation["step"];
  }
  return nullptr;
}

/// To the four digits of its name, on the side that uniform itself reaches.
double rounded_target(double value, const Measure& measure) {
  const double scale = value < 1 ? 1e4 : 1e3;
  return (measure.higher_is_better ? std::floor(value * scale) : std::ceil(value * scale)) / scale;
}

std::vector<double> targets_for(const Json& runs, const Measure& measure) {
  std::vector<double> targets;
  if (measure.higher_is_better) {
    for (int tenth = 1; tenth < 10; ++tenth) targets.push_back(tenth / 10.0);
  }
  std::vector<double> uniform;
  for (const Json& run : runs) {
    const Json& end = run["evaluations"].back()[measure.name];
    if (run["arm"] == "uniform" && end.is_number()) uniform.push_back(end);
  }
  if (!uniform.empty()) {
    std::sort(uniform.begin(), uniform.end());
    const double median = (uniform[(uniform.size() - 1) / 2] + uniform[uniform.size() / 2]) / 2;
    targets.push_back(rounded_target(median, measure));
  }
  return targets;
}

}  // namespace

Json describe_measures(const std::vector<Measure>& measures) {
  Json list = Json::array();
  for (const auto& [name, label, higher_is_better] : measures) {
    list.push_back({{"name", name}, {"label", label}, {"higher_is_better", higher_is_better}});
  }
  return list;
}

Json summarize_run(const SummaryRun& run) {
  auto events = read_events(run.folder / "metrics.jsonl");
  const std::vector<Json>& evaluations = events["evaluation"];
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
  if (last.contains("cpu_seconds")) json["cpu_seconds"] = last["cpu_seconds"];
  json["batches"] = batch_means(events["batch"]);
  json["gradients"] = Json::array();
  for (Json& line : events["gradients"]) {
    line.erase("event");
    json["gradients"].push_back(line);
  }
  json["picked_tags"] = Json::array();
  for (const Json& evaluation : evaluations) {
    Json values{{"step", evaluation["step"]}};
    for (const Measure& measure : run.measures) values[measure.name] = evaluation[measure.name];
    json["evaluations"].push_back(values);
    if (!evaluation.contains("picked_tags")) continue;
    Json entry{{"step", evaluation["step"]}};
    entry.update(evaluation["picked_tags"]);
    json["picked_tags"].push_back(entry);
  }
  return json;
}

void add_steps_to_targets(Json& runs, const Measure& measure) {
  const std::vector<double> targets = targets_for(runs, measure);
  for (Json& run : runs) {
    for (const double target : targets) {
      run["steps_to"][target_name(target)] = first_step_at(run, target, measure);
    }
  }
}

void write_summary(const std::filesystem::path& folder, const Json& summary) {
  write_file(folder / "summary.json",
             summary.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace jest::apps::train

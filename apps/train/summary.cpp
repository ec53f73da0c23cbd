// What a run came to, and what its arm is: readers of summary.json only format it.

#include "train/summary.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <sstream>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/methods/methods.hpp"
#include "parse_json.hpp"

namespace jest::apps::train {
namespace {

using Json = nlohmann::ordered_json;

/// Lines of metrics.jsonl by their event.
std::map<std::string, std::vector<Json>> read_events(const std::filesystem::path& path) {
  std::map<std::string, std::vector<Json>> events;
  std::istringstream lines(read_file(path));
  std::int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::string operation = text("read ", path.string(), ", line ", ++number);
    Json json = parse_json<Json>(line, operation);
    if (!json.is_object() || !json.value("event", Json()).is_string()) {
      refuse(operation, "an object with its event", line.substr(0, 60));
    }
    const std::string event = json["event"];
    events[event].push_back(std::move(json));
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

/// The first evaluation at least as good as the target, or null.
Json first_at(const Json& run, double target, const Measure& measure) {
  for (const Json& evaluation : run["evaluations"]) {
    const Json& value = evaluation[measure.name];
    if (value.is_number() && reaches(value, target, measure)) return evaluation;
  }
  return nullptr;
}

/// To the four digits of its name, on the side that uniform itself reaches.
double rounded_target(double value, const Measure& measure) {
  const double scale = value < 1 ? 1e4 : 1e3;
  return (measure.higher_is_better ? std::floor(value * scale) : std::ceil(value * scale)) / scale;
}

/// What the runs of the baseline ended with in the median; nothing where there was none.
std::optional<double> uniform_end(const Json& runs, const Measure& measure) {
  std::vector<double> ends;
  for (const Json& run : runs) {
    const Json& end = run["evaluations"].back()[measure.name];
    if (run["role"] == "baseline" && end.is_number()) ends.push_back(end);
  }
  if (ends.empty()) return std::nullopt;
  std::sort(ends.begin(), ends.end());
  return (ends[(ends.size() - 1) / 2] + ends[ends.size() / 2]) / 2;
}

/// With reference training and pool embedding; null where one is unknown.
Json all_in(const Json& until, const Json& costs) {
  double sum = 0;
  for (const Json& part : {until, costs["reference_training"], costs["pool_embedding"]}) {
    if (!part.is_number()) return nullptr;
    sum += part.get<double>();
  }
  return std::isnan(sum) ? Json(nullptr) : Json(sum);
}

/// The evaluation that the rows kept for choices find best: its step and its reported measures.
Json best_by_validation(const std::vector<Json>& evaluations,
                        const std::vector<Measure>& measures) {
  const Measure& first = measures.front();
  const std::string name = kValidation + first.name;
  const Json* best = nullptr;
  for (const Json& evaluation : evaluations) {
    if (!evaluation.contains(name) || !evaluation[name].is_number()) continue;
    const double value = evaluation[name], before = best ? best->at(name).get<double>() : 0;
    if (!best || (first.higher_is_better ? value > before : value < before)) best = &evaluation;
  }
  if (!best) return nullptr;
  Json json{{"step", best->at("step")}, {name, best->at(name)}};
  for (const Measure& measure : measures) json[measure.name] = best->at(measure.name);
  return json;
}

Json to_uniform(const Json& run, double target, const Measure& measure) {
  const Json first = first_at(run, target, measure);
  const Json& end = run["evaluations"].back()[measure.name];
  Json json{{"steps", nullptr},
            {"flops", nullptr},
            {"all_in", nullptr},
            {"cpu_seconds", nullptr},
            {"all_in_cpu_seconds", nullptr}};
  json["ended"] = end.is_number() && reaches(end, target, measure);
  if (first.is_null()) return json;
  json["steps"] = first["step"];
  json["flops"] = first["flops"];
  json["all_in"] = all_in(first["flops"], run["flops"]);
  json["cpu_seconds"] = first["cpu_seconds"];
  json["all_in_cpu_seconds"] = all_in(first["cpu_seconds"], run["cpu_seconds_once"]);
  return json;
}

/// What the arm is among the others.
std::string role_of(const Arm& arm, const Method& method) {
  if (arm.kind == ArmKind::kEqualCompute) return "equal_compute";
  if (arm.kind == ArmKind::kOracle) return "oracle";
  if (arm.kind == ArmKind::kCurated || arm.kind == ArmKind::kRival) return "rival";
  if (method.name != kUniform.name) return "contender";
  return arm.overrides.empty() ? "baseline" : "control";
}

std::string kind_of(const Arm& arm) { return arm.name.substr(0, arm.name.find(':')); }

/// What its scores are.
std::string score_of(const Method& method) {
  if (!method.has_rule<ByLosses>()) {
    return std::visit([](const auto& part) { return part.kName; }, method.rule);
  }
  if (method.score.reference == 0) return "hard_learner";
  return method.score.learner == 0 ? "easy_reference" : "learnability";
}

/// FLOPs of the run until an evaluation.
double flops_until(const Json& evaluation) {
  double total = 0;
  for (const auto& [part, value] : evaluation.at("flops").items()) total += value.get<double>();
  return total;
}

}  // namespace

Json describe_measures(const std::vector<Measure>& measures) {
  Json list = Json::array();
  for (const Measure& measure : measures) {
    list.push_back({{"name", measure.name},
                    {"label", measure.label},
                    {"higher_is_better", measure.higher_is_better}});
    if (!measure.meaning.empty()) list.back()["meaning"] = measure.meaning;
  }
  return list;
}

Json summarize_run(const SummaryRun& run) try {
  auto events = read_events(run.folder / "metrics.jsonl");
  const std::vector<Json>& evaluations = events["evaluation"];
  const Json& last = evaluations.back();
  Json json{{"arm", run.run.arm.name},
            {"kind", kind_of(run.run.arm)},
            {"role", role_of(run.run.arm, run.method)},
            {"score", score_of(run.method)},
            {"seed", run.run.seed},
            {"steps", last.at("step")}};
  json["evaluations"] = Json::array();
  json["steps_to"] = Json::object();
  json["examples_scored"] = last.at("examples").at("scored");
  json["examples_trained"] = last.at("examples").at("trained");
  json["flops"] = last.at("flops");
  const auto& [training, embedding] = run.once;
  json["flops"]["reference_training"] = training.flops;
  json["flops"]["pool_embedding"] = embedding.flops;
  json["seconds"] = last.at("seconds");
  json["cpu_seconds"] = last.value("cpu_seconds", Json());
  json["cpu_seconds_once"] = {{"reference_training", training.cpu_seconds},
                              {"pool_embedding", embedding.cpu_seconds}};
  json["joules"] = {{"run", last.value("joules", Json())},
                    {"reference_training", training.joules},
                    {"pool_embedding", embedding.joules}};
  const Json best = best_by_validation(evaluations, run.measures);
  if (!best.is_null()) json["best_by_validation"] = best;
  json["batches"] = batch_means(events["batch"]);
  json["gradients"] = Json::array();
  for (Json& line : events["gradients"]) {
    line.erase("event");
    line.erase("crc32");
    json["gradients"].push_back(line);
  }
  json["picked_tags"] = Json::array();
  for (const Json& evaluation : evaluations) {
    Json values{{"step", evaluation.at("step")}};
    for (const Measure& measure : run.measures) {
      values[measure.name] = evaluation.at(measure.name);
    }
    const std::string validation = kValidation + run.measures.front().name;
    if (evaluation.contains(validation)) values[validation] = evaluation[validation];
    values["flops"] = flops_until(evaluation);
    values["cpu_seconds"] = evaluation.value("cpu_seconds", Json());
    json["evaluations"].push_back(values);
    if (!evaluation.contains("picked_tags")) continue;
    Json entry{{"step", evaluation.at("step")}};
    entry.update(evaluation.at("picked_tags"));
    json["picked_tags"].push_back(entry);
  }
  return json;
} catch (const Json::exception& error) {
  refuse("read " + (run.folder / "metrics.jsonl").string(), "the fields of its events",
         error.what());
}

void add_targets(Json& runs, const Measure& measure) {
  std::vector<double> targets;
  if (measure.higher_is_better) {
    for (int tenth = 1; tenth < 10; ++tenth) targets.push_back(tenth / 10.0);
  }
  const std::optional<double> uniform = uniform_end(runs, measure);
  if (uniform) targets.push_back(rounded_target(*uniform, measure));
  for (Json& run : runs) {
    for (const double target : targets) {
      const Json first = first_at(run, target, measure);
      run["steps_to"][target_name(target)] = first.is_null() ? Json(nullptr) : first["step"];
    }
    if (uniform) run["to_uniform"] = to_uniform(run, *uniform, measure);
  }
}

void write_summary(const std::filesystem::path& folder, const Json& summary) {
  write_file(folder / "summary.json",
             with_checksum(summary.dump(1, ' ', false, Json::error_handler_t::replace)) + "\n");
}

}  // namespace jest::apps::train

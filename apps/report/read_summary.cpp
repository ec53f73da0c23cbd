#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "report/json_fields.hpp"
#include "report/run_data.hpp"

namespace jest {
namespace {

DataFile parse_file(const JsonFields& data, const std::string& name) {
  if (!data.has(name)) return {};
  const JsonFields fields = data.object(name);
  DataFile file{.path = fields.text_or("path", ""),
                .checksum = fields.text_or("checksum", ""),
                .rows = fields.number_or("rows", kUnknown),
                .tags = {}};
  if (fields.has("tags")) file.tags = fields.object("tags").numbers();
  return file;
}

Reference parse_reference(const JsonFields& summary) {
  if (!summary.has("reference")) return {};
  const JsonFields fields = summary.object("reference");
  return {.r_at_1 = fields.number_or("r_at_1", kUnknown),
          .r_at_10 = fields.number_or("r_at_10", kUnknown),
          .flops = fields.number_or("flops", kUnknown),
          .seconds = fields.number_or("seconds", kUnknown)};
}

PickedTags parse_picked_tags(const JsonFields& fields) {
  PickedTags entry{.step = fields.number("step"), .shares = fields.numbers()};
  entry.shares.erase("step");
  return entry;
}

Run parse_run(const JsonFields& fields) {
  Run run;
  run.arm = fields.string("arm");
  run.seed = fields.integer("seed");
  run.steps = fields.number("steps");
  for (const JsonFields& entry : fields.objects("evaluations")) {
    run.evaluations.push_back({.step = entry.number("step"),
                               .r_at_1 = entry.number("r_at_1"),
                               .r_at_10 = entry.number_or("r_at_10", kUnknown),
                               .flops = {},
                               .seconds = {}});
  }
  run.examples_scored = fields.number_or("examples_scored", kUnknown);
  run.examples_trained = fields.number_or("examples_trained", kUnknown);
  run.flops = parse_flops(fields.object("flops"));
  run.seconds = parse_seconds(fields.object("seconds"));
  for (const JsonFields& entry : fields.objects_or_none("picked_tags")) {
    run.picked_tags.push_back(parse_picked_tags(entry));
  }
  return run;
}

std::string folder_name(const std::filesystem::path& folder) {
  const std::filesystem::path whole = std::filesystem::absolute(folder).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

nlohmann::json read_json(const std::filesystem::path& file) {
  const std::string content = read_file(file);
  try {
    return nlohmann::json::parse(content);
  } catch (const nlohmann::json::exception& error) {
    refuse("read " + file.string(), "JSON", error.what());
  }
}

}  // namespace

FlopCount parse_flops(const JsonFields& fields) {
  return {.learner_training = fields.number_or("learner_training", 0),
          .learner_scoring = fields.number_or("learner_scoring", 0),
          .reference_scoring = fields.number_or("reference_scoring", 0),
          .reference_training = fields.number_or("reference_training", 0),
          .pool_embedding = fields.number_or("pool_embedding", 0)};
}

StageSeconds parse_seconds(const JsonFields& fields) {
  return {.load = fields.number_or("load", 0),
          .learner_scoring = fields.number_or("learner_scoring", 0),
          .reference_scoring = fields.number_or("reference_scoring", 0),
          .selection = fields.number_or("selection", 0),
          .gather = fields.number_or("gather", 0),
          .train = fields.number_or("train", 0),
          .evaluate = fields.number_or("evaluate", 0)};
}

Experiment parse_summary(const nlohmann::json& summary, const std::string& source) {
  const JsonFields fields(summary, source);
  const JsonFields data = fields.object("data");
  Experiment experiment;
  experiment.command = fields.text_or("command", "");
  experiment.version = fields.text_or("version", "");
  experiment.target_tag = data.text_or("target_tag", "");
  experiment.curated = parse_file(data, "curated");
  experiment.pool = parse_file(data, "pool");
  experiment.eval = parse_file(data, "eval");
  experiment.super_batch = data.number_or("super_batch", kUnknown);
  experiment.count = data.number_or("count", kUnknown);
  experiment.chunks = data.number_or("chunks", kUnknown);
  experiment.gain = data.number_or("gain", kUnknown);
  experiment.interaction = data.number_or("interaction", kUnknown);
  experiment.interaction_start = data.number_or("interaction_start", kUnknown);
  experiment.reference = parse_reference(fields);
  for (const JsonFields& entry : fields.objects("runs")) {
    experiment.runs.push_back(parse_run(entry));
    if (experiment.runs.back().evaluations.empty()) {
      refuse("read " + source, text("an evaluation in runs[", experiment.runs.size() - 1, "]"),
             "none");
    }
  }
  if (experiment.runs.empty()) refuse("read " + source, "at least one run", "none");
  return experiment;
}

Experiment read_experiment(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "summary.json";
  Experiment experiment = parse_summary(read_json(file), file.string());
  experiment.name = folder_name(folder);
  for (Run& run : experiment.runs) {
    run.metrics = read_metrics(folder / text(run.arm, "-seed", run.seed) / "metrics.jsonl");
  }
  return experiment;
}

}  // namespace jest

// summary.json as the report sees it.

#include "jest/core/error.hpp"
#include "parse_json.hpp"
#include "report/json_fields.hpp"
#include "report/run_data.hpp"
#include "utf8.hpp"

namespace jest::apps::report {
namespace {

std::vector<Measure> parse_measures(const JsonFields& summary, const std::string& source) {
  std::vector<Measure> measures;
  for (const JsonFields& fields : summary.objects("measures")) {
    measures.push_back({.name = fields.string("name"),
                        .label = fields.string("label"),
                        .higher_is_better = fields.boolean("higher_is_better"),
                        .meaning = fields.text_or("meaning", "")});
  }
  if (measures.empty()) refuse("read " + source, "at least one measure", "none");
  return measures;
}

DataFile parse_file(const JsonFields& fields) {
  DataFile file{.name = fields.text_or("name", ""),
                .path = fields.text_or("path", ""),
                .checksum = fields.text_or("checksum", ""),
                .rows = fields.number_or("rows", kUnknown),
                .evaluated = fields.number_or("evaluated", kUnknown),
                .tags = {}};
  if (fields.has("tags")) file.tags = fields.object("tags").numbers();
  return file;
}

DataFile file_or_none(const JsonFields& data, const std::string& name) {
  return data.has(name) ? parse_file(data.object(name)) : DataFile();
}

Reference parse_reference(const JsonFields& summary, const std::vector<Measure>& measures) {
  Reference reference{.values = std::vector<double>(measures.size(), kUnknown)};
  if (!summary.has("reference")) return reference;
  const JsonFields fields = summary.object("reference");
  for (std::size_t i = 0; i < measures.size(); ++i) {
    reference.values[i] = fields.number_or(measures[i].name, kUnknown);
  }
  reference.flops = fields.number_or("flops", kUnknown);
  reference.seconds = fields.number_or("seconds", kUnknown);
  reference.joules = fields.number_or("joules", kUnknown);
  reference.is_cached = fields.has("cached");
  reference.counts = fields.text_or("counts", "");
  return reference;
}

Energy parse_energy(const JsonFields& fields) {
  return {.is_recorded = true,
          .meter = fields.text_or("meter", ""),
          .not_counted = fields.strings("not_counted")};
}

void parse_data(const JsonFields& data, Experiment& experiment) {
  experiment.target_tag = data.text_or("target_tag", "");
  experiment.curated = file_or_none(data, "curated");
  experiment.pool = file_or_none(data, "pool");
  for (const JsonFields& entry : data.objects_or_none("eval")) {
    experiment.evals.push_back(parse_file(entry));
  }
  experiment.super_batch = data.number_or("super_batch", kUnknown);
  experiment.count = data.number_or("count", kUnknown);
  experiment.chunks = data.number_or("chunks", kUnknown);
  experiment.gain = data.number_or("gain", kUnknown);
  experiment.interaction = data.number_or("interaction", kUnknown);
  experiment.interaction_start = data.number_or("interaction_start", kUnknown);
}

std::string folder_name(const std::filesystem::path& folder) {
  const std::filesystem::path whole = std::filesystem::absolute(folder).lexically_normal();
  return utf8_of((whole.has_filename() ? whole : whole.parent_path()).filename().string());
}

}  // namespace

Experiment parse_summary(const nlohmann::json& summary, const std::string& source) {
  const JsonFields fields(summary, source);
  Experiment experiment;
  experiment.command = fields.text_or("command", "");
  experiment.version = fields.text_or("version", "");
  experiment.task = fields.string("task");
  experiment.examples = fields.text_or("examples", "examples");
  experiment.measures = parse_measures(fields, source);
  parse_data(fields.object("data"), experiment);
  experiment.reference = parse_reference(fields, experiment.measures);
  if (fields.has("energy")) experiment.energy = parse_energy(fields.object("energy"));
  for (const JsonFields& entry : fields.objects("runs")) {
    experiment.runs.push_back(parse_run(entry, experiment.measures));
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
  const nlohmann::json summary = parse_json(read_file(file), "read " + file.string());
  Experiment experiment = parse_summary(summary, file.string());
  experiment.name = folder_name(folder);
  for (Run& run : experiment.runs) {
    run.metrics = read_metrics(folder / text(run.arm, "-seed", run.seed) / "metrics.jsonl",
                               experiment.measures);
  }
  return experiment;
}

}  // namespace jest::apps::report

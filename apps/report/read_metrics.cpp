#include <sstream>

#include "jest/core/error.hpp"
#include "parse_json.hpp"
#include "report/json_fields.hpp"
#include "report/run_data.hpp"

namespace jest::apps::report {
namespace {

std::vector<Sample> parse_samples(const JsonFields& event, const std::string& key) {
  std::vector<Sample> samples;
  for (const JsonFields& fields : event.objects_or_none(key)) {
    samples.push_back({.id = fields.text_or("id", ""),
                       .tag = fields.text_or("tag", ""),
                       .x = fields.text_or("x", ""),
                       .y = fields.text_or("y", ""),
                       .passage = fields.text_or("text", ""),
                       .picture = fields.text_or("image", ""),
                       .score = fields.number_or("score", kUnknown)});
  }
  return samples;
}

Evaluation parse_evaluation(const JsonFields& event, const std::vector<Measure>& measures) {
  return {.step = event.number("step"),
          .values = parse_values(event, measures),
          .flops = parse_flops(event.object("flops")),
          .seconds = parse_seconds(event.object("seconds"))};
}

Step parse_step(const JsonFields& event) {
  return {.step = event.number("step"),
          .learnability_super_batch = event.number_or("learnability_super_batch", kUnknown),
          .learnability_picks = event.number_or("learnability_picks", kUnknown)};
}

// Events of other kinds are left alone, so that a newer program may write more.
void add_event(const JsonFields& event, const std::vector<Measure>& measures, Metrics& metrics) {
  const std::string kind = event.string("event");
  if (kind == "step") metrics.steps.push_back(parse_step(event));
  if (kind == "evaluation") metrics.evaluations.push_back(parse_evaluation(event, measures));
  if (kind == "samples") {
    metrics.samples.push_back({.step = event.number("step"),
                               .picked = parse_samples(event, "picked"),
                               .passed_over = parse_samples(event, "passed_over")});
  }
}

}  // namespace

Metrics read_metrics(const std::filesystem::path& file, const std::vector<Measure>& measures) {
  std::istringstream lines(read_file(file));
  Metrics metrics;
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string place = text(file.string(), " line ", number);
    const nlohmann::json event = parse_json(line, "read " + place);
    add_event(JsonFields(event, place), measures, metrics);
  }
  return metrics;
}

}  // namespace jest::apps::report

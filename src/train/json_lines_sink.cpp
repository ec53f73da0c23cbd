// Metrics as one JSON object a line, buffered and taken back to a step on resume.

#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "appended_file.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/train/metrics.hpp"

namespace jest {
namespace {

using Json = nlohmann::ordered_json;

Json flops_json(const FlopCount& flops) {
  return {{"learner_training", flops.learner_training},
          {"learner_scoring", flops.learner_scoring},
          {"reference_scoring", flops.reference_scoring},
          {"reference_training", flops.reference_training},
          {"pool_embedding", flops.pool_embedding}};
}

Json seconds_json(const StageSeconds& seconds) {
  Json json;
  for (std::size_t k = 0; k < kStageNames.size(); ++k) {
    json[std::string(kStageNames[k])] = seconds.seconds[k];
  }
  return json;
}

/// The step of a line that is whole; nothing of another one.
std::optional<std::int64_t> step_of(const std::string& line) try {
  check_checksum(line, "read a line");
  const Json json = Json::parse(line);
  if (!json.is_object()) return std::nullopt;
  const Json step = json.value("step", Json(0));
  if (!step.is_number_integer()) return std::nullopt;  // nlohmann would convert 1e30 without a word
  return step.get<std::int64_t>();
} catch (const Error&) {
  return std::nullopt;
} catch (const Json::exception&) {
  return std::nullopt;
}

/// Whether it may be the start of a line that was being written when the program was killed: not a
/// whole one whose end alone is another.
bool may_be_torn(std::string line) {
  if (!line.empty()) line.pop_back();
  return !step_of(line).has_value();
}

/// The lines of a metrics file up to and including `step`. A checkpoint is written when these are
/// on the disk, so only behind them may one be damaged.
std::string lines_until(const std::string& content, std::int64_t step, const std::string& path) {
  if (step == 0) return {};  // notes are of no step: a run that starts anew makes them anew
  std::string kept;
  std::istringstream lines(content);
  std::int64_t number = 1;
  bool beyond = false;
  for (std::string line; std::getline(lines, line); ++number) {
    const std::optional<std::int64_t> found = step_of(line);
    if (!found && (beyond || (lines.eof() && may_be_torn(line)))) break;
    if (!found) {
      refuse(text("resume ", path, ", line ", number), "a whole line of its crc32",
             "a damaged one");
    }
    beyond = beyond || *found > step;
    if (*found <= step) kept += line + "\n";
  }
  return kept;
}

}  // namespace

JsonLinesSink::JsonLinesSink(std::filesystem::path path, ForwardFlops forward)
    : file_(std::make_unique<detail::AppendedFile>(std::move(path))), forward_(forward) {}

JsonLinesSink::~JsonLinesSink() = default;

void JsonLinesSink::resume(std::int64_t step) {
  if (!file_->keeps_content()) return;  // a pipe keeps nothing to be taken back
  file_->replace(lines_until(file_->content(), step, file_->name()));
}

void JsonLinesSink::step(const StepMetrics& metrics) {
  Json json{{"event", "step"},
            {"step", metrics.step},
            {"loss", metrics.loss},
            {"learning_rate", metrics.learning_rate}};
  if (metrics.learnability_super_batch) {
    json["learnability_super_batch"] = *metrics.learnability_super_batch;
    json["learnability_picks"] = *metrics.learnability_picks;
  }
  record(json.dump());
}

void JsonLinesSink::evaluation(const EvaluationMetrics& metrics) {
  Json json{{"event", "evaluation"}, {"step", metrics.step}};
  for (const auto& [name, value] : metrics.values) json[name] = value;
  json["examples"] = {{"trained", metrics.examples.trained},
                      {"scored", metrics.examples.scored},
                      {"reference_scored", metrics.examples.reference_scored}};
  json["flops"] = flops_json(count_flops(metrics.examples, forward_));
  json["seconds"] = seconds_json(metrics.seconds);
  json["cpu_seconds"] = metrics.cpu_seconds;
  if (metrics.joules) json["joules"] = *metrics.joules;
  json["selection_share"] = metrics.seconds.selection_share();
  if (!metrics.picked_tags.empty()) json["picked_tags"] = metrics.picked_tags;
  record(json.dump());
}

void JsonLinesSink::note(std::int64_t step, std::string_view text) {
  record(Json{{"event", "note"}, {"step", step}, {"text", text}}.dump());
}

void JsonLinesSink::record(const std::string& json_line) {
  file_->append(with_checksum(json_line) + "\n");
}

void JsonLinesSink::flush() { file_->flush(); }

}  // namespace jest

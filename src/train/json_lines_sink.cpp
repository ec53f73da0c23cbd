// Metrics as one JSON object a line, buffered and taken back to a step on resume.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "jest/io/atomic_file.hpp"
#include "jest/train/metrics.hpp"

namespace jest {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBufferBytes = 1 << 14;

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
    : path_(std::move(path)), forward_(forward) {
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) refuse("open " + path_.string(), "a writable file", std::strerror(errno));
}

JsonLinesSink::~JsonLinesSink() {
  try {
    flush();
  } catch (const Error&) {
    // A destructor must not throw. Trainer flushes before every checkpoint, where errors are
    // thrown.
  }
  if (descriptor_ >= 0) ::close(descriptor_);
}

void JsonLinesSink::resume(std::int64_t step) {
  if (!std::filesystem::is_regular_file(path_)) return;  // a pipe keeps nothing to be taken back
  write_file(path_, lines_until(read_file(path_), step, path_.string()));
  ::close(descriptor_);
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (descriptor_ < 0) refuse("open " + path_.string(), "a writable file", std::strerror(errno));
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
  json["selection_share"] = metrics.seconds.selection_share();
  if (!metrics.picked_tags.empty()) json["picked_tags"] = metrics.picked_tags;
  record(json.dump());
}

void JsonLinesSink::note(std::int64_t step, std::string_view text) {
  record(Json{{"event", "note"}, {"step", step}, {"text", text}}.dump());
}

void JsonLinesSink::record(const std::string& json_line) {
  pending_ += with_checksum(json_line) + "\n";
  if (pending_.size() > kBufferBytes) flush();
}

void JsonLinesSink::flush() {
  while (!pending_.empty()) {
    const ssize_t written = ::write(descriptor_, pending_.data(), pending_.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) refuse("write " + path_.string(), "a writable file", std::strerror(errno));
    pending_.erase(0, static_cast<std::size_t>(written));
  }
  // What is no file on a disk (a pipe, /dev/null) cannot be synchronised and need not be.
  if (::fdatasync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) {
    refuse("write " + path_.string(), "a writable file", std::strerror(errno));
  }
}

}  // namespace jest

// Metrics as the event file that TensorBoard reads. Three messages of Protocol Buffers, encoded
// here:
//
//   Event   {double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5;}
//   Summary {repeated Value value = 1;}
//   Value   {string tag = 1; float simple_value = 2;}
//
// Source: tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.

#include <chrono>
#include <optional>

#include "appended_file.hpp"
#include "jest/train/metrics.hpp"
#include "tfrecord.hpp"

namespace jest {
namespace {

using detail::bytes_of;

/// The first byte of a field: its number and how it is encoded.
enum Field : char {
  kWallTime = 1 << 3 | 1,
  kStep = 2 << 3 | 0,
  kFileVersion = 3 << 3 | 2,
  kSummary = 5 << 3 | 2,
  kValue = 1 << 3 | 2,
  kTag = 1 << 3 | 2,
  kSimpleValue = 2 << 3 | 5,
};

std::string varint(std::uint64_t number) {
  std::string bytes;
  for (; number >= 128; number >>= 7) bytes += static_cast<char>(number | 128);
  return bytes + static_cast<char>(number);
}

std::string field(Field name, std::string_view content) {
  return char{name} + varint(content.size()) + std::string(content);
}

std::string wall_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return char{kWallTime} + bytes_of(std::chrono::duration<double>(now).count());
}

std::string version_record() {
  return detail::tfrecord(wall_time() + field(kFileVersion, "brain.Event:2"));
}

/// The step of an event as this file encodes it: 0 of the version's.
std::optional<std::int64_t> step_of(std::string_view event) {
  constexpr std::size_t kAfterTime = 1 + sizeof(double);
  if (event.size() <= kAfterTime || event[0] != kWallTime) return std::nullopt;
  if (event[kAfterTime] == kFileVersion) return 0;
  if (event[kAfterTime] != kStep) return std::nullopt;
  std::uint64_t step = 0;
  for (std::size_t k = kAfterTime + 1, shift = 0; k < event.size() && shift < 63; ++k, shift += 7) {
    step |= (event[k] & std::uint64_t{127}) << shift;
    if ((event[k] & 128) == 0) return static_cast<std::int64_t>(step);
  }
  return std::nullopt;
}

/// How many bytes hold the events up to and including `step`. A checkpoint is written when these
/// are on the disk, so only behind them may one be damaged.
std::size_t bytes_until(std::string_view content, std::int64_t step, const std::string& name) {
  using enum detail::RecordAt::State;
  std::size_t kept = 0;
  while (kept < content.size()) {
    const detail::RecordAt record = detail::read_tfrecord(content.substr(kept));
    const bool is_last = record.state == kCutOff || kept + record.size == content.size();
    const auto found = record.state == kWhole ? step_of(record.data) : std::nullopt;
    if (record.state != kWhole && is_last) break;
    if (!found) {
      refuse(text("resume ", name, ", byte ", kept), "a whole event of its checksums",
             record.state == kWhole ? "another record" : "a damaged one");
    }
    if (*found > step) break;
    kept += record.size;
  }
  return kept;
}

/// Names and values under a heading of TensorBoard's page.
void add(Values& all, const std::string& group, const Values& values) {
  for (const auto& [name, value] : values) all[group + "/" + name] = value;
}

Values flops_values(const FlopCount& flops) {
  return {{"learner_training", flops.learner_training},
          {"learner_scoring", flops.learner_scoring},
          {"reference_scoring", flops.reference_scoring}};
}

Values seconds_values(const StageSeconds& seconds) {
  Values values;
  for (std::size_t k = 0; k < kStageNames.size(); ++k) {
    values[std::string(kStageNames[k])] = seconds.seconds[k];
  }
  return values;
}

Values examples_values(const ExampleCounts& examples) {
  return {{"trained", static_cast<double>(examples.trained)},
          {"scored", static_cast<double>(examples.scored)},
          {"reference_scored", static_cast<double>(examples.reference_scored)}};
}

}  // namespace

TensorBoardSink::TensorBoardSink(const std::filesystem::path& folder, ForwardFlops forward)
    : file_(std::make_unique<detail::AppendedFile>(folder / kFileName)), forward_(forward) {
  if (file_->keeps_content() && file_->content().empty()) file_->append(version_record());
}

TensorBoardSink::~TensorBoardSink() = default;

void TensorBoardSink::resume(std::int64_t step) {
  if (!file_->keeps_content()) return;
  file_->flush();
  const std::string content = file_->content();
  const std::size_t kept = step == 0 ? 0 : bytes_until(content, step, file_->name());
  file_->replace(kept == 0 ? version_record() : content.substr(0, kept));
}

void TensorBoardSink::scalars(std::int64_t step, const Values& values) {
  std::string summary;
  for (const auto& [name, value] : values) {
    const std::string number = char{kSimpleValue} + bytes_of(static_cast<float>(value));
    summary += field(kValue, field(kTag, name) + number);
  }
  file_->append(detail::tfrecord(wall_time() + char{kStep} +
                                 varint(static_cast<std::uint64_t>(step)) +
                                 field(kSummary, summary)));
}

void TensorBoardSink::step(const StepMetrics& metrics) {
  Values values{{"loss", metrics.loss}, {"learning_rate", metrics.learning_rate}};
  if (metrics.learnability_super_batch) {
    values["learnability_super_batch"] = *metrics.learnability_super_batch;
    values["learnability_picks"] = *metrics.learnability_picks;
  }
  scalars(metrics.step, values);
}

void TensorBoardSink::evaluation(const EvaluationMetrics& metrics) {
  Values values{{"cpu_seconds", metrics.cpu_seconds},
                {"selection_share", metrics.seconds.selection_share()}};
  if (metrics.joules) values["joules"] = *metrics.joules;
  add(values, "evaluation", metrics.values);
  add(values, "examples", examples_values(metrics.examples));
  add(values, "flops", flops_values(count_flops(metrics.examples, forward_)));
  add(values, "seconds", seconds_values(metrics.seconds));
  add(values, "picked_tags", metrics.picked_tags);
  scalars(metrics.step, values);
}

void TensorBoardSink::flush() { file_->flush(); }

}  // namespace jest

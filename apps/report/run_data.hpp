#pragma once
// What a folder of runs holds, as read from summary.json and each run's metrics.jsonl.
//
// Numbers that a run could not write (null in the files) are NaN.

#include <array>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "jest/core/cost.hpp"
#include "report/measure.hpp"

namespace jest::apps::report {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// Seconds by stage.
struct StageSeconds {
  double load = 0;
  double learner_scoring = 0;
  double reference_scoring = 0;
  double selection = 0;
  double gather = 0;
  double train = 0;
  double evaluate = 0;

  /// What a training step is made of: everything but evaluation.
  double steps_only() const {
    return load + learner_scoring + reference_scoring + selection + gather + train;
  }
};

struct Evaluation {
  double step = 0;
  std::vector<double> values;  ///< one per measure, in the experiment's order
  FlopCount flops;             ///< cumulative; zero in summary.json
  StageSeconds seconds;        ///< cumulative; zero in summary.json

  /// Of the primary measure.
  double score() const { return values.front(); }
};

struct Step {
  double step = 0;
  double learnability_super_batch = kUnknown;
  double learnability_picks = kUnknown;
};

/// An example: a pair of texts, a passage of text, or a picture and its name.
struct Sample {
  std::string id, tag;
  std::string x, y;  ///< y alone is a picture's name
  std::string passage;
  std::string picture;  ///< a data URI, as found in the file
  double score = kUnknown;
};

struct SampleSet {
  double step = 0;
  std::vector<Sample> picked, passed_over;
};

/// The content of one metrics.jsonl.
struct Metrics {
  std::vector<Step> steps;
  std::vector<Evaluation> evaluations;
  std::vector<SampleSet> samples;
};

using TagShares = std::map<std::string, double>;

struct PickedTags {
  double step = 0;
  TagShares shares;
};

/// What an arm is among the others.
enum class Role {
  kBaseline,      ///< uniform: what the others are compared with
  kControl,       ///< uniform with options of its own
  kEqualCompute,  ///< uniform for as much compute as joint selection
  kOracle,
  kRival,  ///< the curated examples alone, mixed in, or a filter by the reference
  kContender,
};

/// Until a run was first as good as uniform's final median: infinite if never, unknown without
/// uniform.
struct ToUniform {
  double steps = kUnknown, flops = kUnknown, all_in = kUnknown;
};

/// Energy, in joules: of the steps, and of what is paid once.
struct Joules {
  double run = kUnknown, reference_training = kUnknown, pool_embedding = kUnknown;

  double all_in() const { return run + reference_training + pool_embedding; }
};

/// What counted energy.
struct Energy {
  bool is_recorded = false;              ///< not in older summaries
  std::string meter;                     ///< empty: none
  std::vector<std::string> not_counted;  ///< what is not, and why
};

struct Run {
  std::string arm;
  std::string kind;       ///< the arm without the options of its own
  std::string scored_by;  ///< "learnability", "hard_learner", ..., "none"
  Role role = Role::kContender;
  std::uint64_t seed = 0;
  double steps = 0;
  std::vector<Evaluation> evaluations;  ///< at least one
  double examples_scored = 0;
  double examples_trained = 0;
  FlopCount flops;
  StageSeconds seconds;
  Joules joules;
  std::vector<PickedTags> picked_tags;  ///< empty if the data carry no tags
  ToUniform to_uniform;
  Metrics metrics;  ///< empty until read
};

struct DataFile {
  std::string name;  ///< empty unless there are several of its kind
  std::string path, checksum;
  double rows = kUnknown;
  double evaluated = kUnknown;  ///< rows that scores are of; unknown, and all, in older summaries
  TagShares tags;
};

struct Reference {
  std::vector<double> values;  ///< one per measure; unknown if there is no reference
  double flops = kUnknown;
  double seconds = kUnknown;
  double joules = kUnknown;
  bool is_cached = false;   ///< given as what it said of the pool
  std::string counts = {};  ///< what a guide that counts n-grams is; empty of others
};

struct Experiment {
  std::string name;  ///< the folder's
  std::string command, version, target_tag;
  std::string task;               ///< the command's name
  std::string examples;           ///< what is trained on, in the plural: "pairs"
  std::vector<Measure> measures;  ///< at least one
  DataFile curated, pool;
  std::vector<DataFile> evals;
  double super_batch = kUnknown, count = kUnknown, chunks = kUnknown, gain = kUnknown;
  double interaction = kUnknown, interaction_start = kUnknown;
  Reference reference;
  Energy energy;
  std::vector<Run> runs;

  /// The measure of curves, targets and headlines.
  const Measure& primary() const { return measures.front(); }
};

/// Everything but the metrics. `source` is what errors call the summary.
Experiment parse_summary(const nlohmann::json& summary, const std::string& source);

/// One JSON object a line; errors name file and line.
Metrics read_metrics(const std::filesystem::path& file, const std::vector<Measure>& measures);

/// Reads summary.json and the metrics of every run it lists. Throws jest::Error naming the file.
Experiment read_experiment(const std::filesystem::path& folder);

class JsonFields;
Run parse_run(const JsonFields& fields, const std::vector<Measure>& measures);
FlopCount parse_flops(const JsonFields& fields);
StageSeconds parse_seconds(const JsonFields& fields);
std::vector<double> parse_values(const JsonFields& fields, const std::vector<Measure>& measures);

}  // namespace jest::apps::report

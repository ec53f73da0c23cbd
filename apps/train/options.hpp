#pragma once
// The options that every experiment has, whatever it trains.

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "jest/learner/learner.hpp"
#include "jest/select/selection.hpp"
#include "jest/torch/device.hpp"
#include "jest/torch/world.hpp"
#include "jest/train/fused_adam.hpp"
#include "jest/train/trainer_spec.hpp"
#include "train/arm_rows.hpp"
#include "train/cached_options.hpp"
#include "train/option_rows.hpp"

namespace jest::apps::train {

/// What a task says of itself in the help.
struct TaskWords {
  std::string rows;                         ///< what a data file holds
  CachedKind cached = CachedKind::kLosses;  ///< what a reference says of it
  bool folders = false;                     ///< whether data and references may be folders
  std::vector<std::string> counted = {};    ///< what of a row --reference counts can count
};

struct ExperimentOptions : CachedReferenceOptions {
  std::filesystem::path curated;
  std::filesystem::path pool;
  std::vector<std::filesystem::path> eval;
  std::filesystem::path out;
  std::vector<std::string> arms = {"uniform", "joint"};
  std::vector<std::string> seed_names = {"1"};
  std::int64_t steps = 1500;
  std::int64_t count = 128;        ///< b
  std::int64_t super_batch = 640;  ///< B
  std::int64_t chunks = 4;
  double gain = kDefaultGain;
  std::int64_t cascade_from = 5120;  ///< B₀ of a cascade
  std::int64_t cascade_to = 256;     ///< B₁ of a cascade
  double cascade_gain = 2;           ///< of its first stage
  /// K, K@STEP or K@P%. Not seen to make training collapse at this count; at larger ones a strong
  /// interaction that sets in late did, and 0.1 is safer: docs/method.md.
  std::string interaction = "1@75%";
  SelectionSchedule selection;
  std::int64_t score_staleness = 0;  ///< steps between the weights that score and those that train
  std::int64_t forward_ahead = 0;    ///< picks of a rank whose forward passes begin between rounds
  std::string backend_name = "default";
  double learning_rate = 2e-3;
  std::string curated_share_name = "0";  ///< of every super-batch: CuratedShare
  double filter_share = 1;               ///< of the pool, kept once by the reference's losses
  double filter_gain = 0;                ///< 0: the top, else drawn
  double validation_share = 0;           ///< of every held-out set, for choices
  double weight_decay = 0;               ///< of matrices, decoupled
  double clip_norm = 0;                  ///< largest norm of a step's gradient; 0: any
  std::int64_t micro_batch = 0;  ///< examples of one pass, of scoring and of training; 0: all
  std::filesystem::path init;    ///< the learner that arms start from; empty: from scratch
  std::filesystem::path reference;
  std::int64_t reference_steps = 1500;
  double reference_learning_rate = 0;  ///< 0: the learner's
  bool cache_reference = false;
  std::string evaluate_every = "50";  ///< STEPS or P%
  std::int64_t checkpoint_every = 250;
  bool gradients = false;  ///< of the batch before every evaluation: batch_gradients
  bool tensorboard = false;
  bool resume = false;
  std::int64_t threads = 0;                ///< 0: as many as the machine has
  std::string device_name = "cpu";         ///< of models and selections; tables stay on the host
  std::string precision_name = "float32";  ///< or bfloat16: of scoring and of training's forward
  std::int64_t scorers = 0;                ///< of the ranks; the others train
  std::string command;
  World* world = nullptr;  ///< ranks that share the experiment, where there are several; no option

  /// Whether --reference is a guide that counts.
  bool counts() const { return names_counts(reference); }
  /// Whether a reference is what it said of the pool.
  bool has_stored_reference() const { return counts() || has_cached_reference(); }
  CuratedShare curated_share() const { return parse_curated_share(curated_share_name); }
  bool filters() const { return filter_share < 1; }
  InteractionSchedule interaction_schedule() const;
  /// What arms share where their methods leave a choice.
  Sampling sampling() const;
  /// Steps between the evaluations of a run of `steps`.
  std::int64_t evaluation_period(std::int64_t steps) const;
  std::vector<std::uint64_t> seeds() const;
  Backend backend() const;
  Precision precision() const;
  /// Of every learner and reference.
  StepSpec step_spec() const {
    return {.micro_batch = micro_batch, .max_norm = clip_norm, .world = world};
  }
  AdamSpec adam_spec() const {
    return {.learning_rate = learning_rate, .weight_decay = weight_decay};
  }
  AdamSpec reference_adam_spec() const {
    AdamSpec spec = adam_spec();
    if (reference_learning_rate > 0) spec.learning_rate = reference_learning_rate;
    return spec;
  }
  ScoringSpec scoring_spec() const {
    return {.micro_batch = micro_batch, .precision = precision()};
  }

  /// Throws unless numbers fit each other.
  void check_together() const;
  /// Throws unless a cascade's sizes fit each other.
  void check_cascade() const;
  /// Throws unless files exist (a reference may be a folder, or a guide that counts, where the
  /// words say so) and arms and seeds are distinct.
  void check_names(const TaskWords& words) const;
};

/// The files that a table's name stands for: itself, or those of its braces where no file is called
/// so (jest/data/shards.hpp).
std::vector<std::filesystem::path> files_of(const std::filesystem::path& name);

/// The rows of every task's options; the words differ.
OptionRows<ExperimentOptions> common_rows(const TaskWords& words);
OptionRows<CachedReferenceOptions> cached_rows(const TaskWords& words);

/// Of a task's options `O`, which names its words and rows: the shared rows and its own, in the
/// order of the help.
template <class O>
void add_options(CLI::App& command, O& options, unsigned wanted = kOfRun) {
  add_rows<ExperimentOptions>(command, options, common_rows(O::words()), wanted);
  add_rows<CachedReferenceOptions>(command, options, cached_rows(O::words()), wanted);
  add_rows<O>(command, options, O::own_rows(), wanted);
}

template <class O>
void check_values(const O& options) {
  check_rows<ExperimentOptions>(options, common_rows(O::words()));
  check_rows<CachedReferenceOptions>(options, cached_rows(O::words()));
  check_rows<O>(options, O::own_rows());
  options.check_together();
}

/// What decides the result: two runs that agree in this may share a folder.
template <class O>
nlohmann::ordered_json identity(const O& options) {
  auto json = identity_of<ExperimentOptions>(options, common_rows(O::words()));
  json.update(identity_of<O>(options, O::own_rows()));
  return json;
}

}  // namespace jest::apps::train

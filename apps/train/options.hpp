#pragma once
// The options that every experiment has, whatever it trains.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "jest/core/score.hpp"
#include "jest/select/selection.hpp"
#include "jest/torch/autocast.hpp"
#include "jest/train/schedule.hpp"
#include "train/arms.hpp"

namespace jest::apps::train {

struct ExperimentOptions {
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
  std::string backend_name = "default";
  double learning_rate = 2e-3;
  std::filesystem::path reference;
  std::int64_t reference_steps = 1500;
  bool cache_reference = false;
  std::string evaluate_every = "50";  ///< STEPS or P%
  std::int64_t checkpoint_every = 250;
  // Of single methods; options of an arm only.
  double distillation = 1;  ///< of aced: weight of the loss towards the reference's matching
  double diversity = 0.02;  ///< of infomax: weight of likeness
  double tokens = 1;      ///< of rho-1, and of any arm of language models: share that is trained on
  double rank_power = 1;  ///< of selective-backprop: P(pick) ∝ (percentile of its loss)^power
  double temperature = 1;  ///< of drrho: its weights are softmax((loss − reference's)/temperature)
  bool gradients = false;  ///< of the batch before every evaluation: batch_gradients
  bool resume = false;
  int threads = 0;                         ///< 0: as many as the machine has
  std::string device_name = "cpu";         ///< of models and selections; tables stay on the host
  std::string precision_name = "float32";  ///< or bfloat16: of scoring and of training's forward
  std::string command;

  InteractionSchedule interaction_schedule() const;
  /// Steps between the evaluations of a run of `steps`.
  std::int64_t evaluation_period(std::int64_t steps) const;
  std::vector<std::uint64_t> seeds() const;
  Backend backend() const;
  Precision precision() const;

  /// Adds the options to a command; `rows` says what a data file holds, `known` its arms.
  void add_to(CLI::App& command, const std::string& rows, const std::vector<std::string>& known);
  /// Options that a method has no use for, as if they had not been given. A task's own hide it.
  void leave_out_unused(const Method&) {}
  /// Throws unless every number is possible by itself.
  void check_numbers() const;
  /// Throws unless a cascade's sizes fit each other.
  void check_cascade() const;
  /// Throws unless files exist and names are those of something.
  void check_names() const;
  /// What decides the result: two runs that agree in this may share a folder.
  nlohmann::ordered_json identity() const;
};

namespace detail {

/// Throws unless `value` is at least `least`.
void option_at_least(const char* option, std::int64_t least, std::int64_t value);
/// Throws unless `value` is at least 0 and below 1.
void option_is_share(const char* option, double value);

}  // namespace detail
}  // namespace jest::apps::train

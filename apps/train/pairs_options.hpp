#pragma once
// The options of `jest-train pairs`.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "jest/core/score.hpp"
#include "jest/select/selection.hpp"
#include "jest/train/schedule.hpp"
#include "train/arms.hpp"

namespace jest {

struct PairsOptions {
  std::filesystem::path curated;
  std::filesystem::path pool;
  std::filesystem::path eval;
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
  /// K, K@STEP or K@P%. From the start it would act on an untrained learner, at four times the cost
  /// and for no gain measured at these sizes: docs/method.md.
  std::string interaction = "1@75%";
  SelectionSchedule selection;
  std::string backend_name = "default";
  double learning_rate = 2e-3;
  double bias = -5;  ///< initial logit bias, about −log b
  std::filesystem::path reference;
  std::int64_t reference_steps = 1500;
  std::int64_t reference_width = 128;
  std::int64_t reference_hidden = 256;
  double reference_dropout = 0;
  std::int64_t reference_negatives = 0;
  bool cache_reference = false;
  std::string evaluate_every = "50";  ///< STEPS or P%
  std::int64_t checkpoint_every = 250;
  bool resume = false;
  int threads = 0;  ///< 0: as many as the machine has
  std::string command;

  InteractionSchedule interaction_schedule() const;
  /// Steps between the evaluations of a run of `steps`.
  std::int64_t evaluation_period(std::int64_t steps) const;
  std::vector<std::uint64_t> seeds() const;
  Backend backend() const;
};

/// Adds the options to a command.
void add_options(CLI::App& command, PairsOptions& options);

/// What an arm runs under: its own options in the place of those all arms share. Throws on an
/// option that arms cannot have, and on a value that is none.
PairsOptions options_of(const Arm& arm, const PairsOptions& shared);

/// Throws unless every option is possible by itself; data files are not opened.
void check_options(const PairsOptions& options);

/// What decides the result: two runs that agree in this may share a folder.
nlohmann::ordered_json identity(const PairsOptions& options);

}  // namespace jest

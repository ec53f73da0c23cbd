// The rows of the options that every task has, and what their words mean.

#include "train/options.hpp"

#include <set>

#include "input_file.hpp"
#include "jest/core/error.hpp"
#include "jest/data/shards.hpp"
#include "jest/torch/device.hpp"
#include "parse_whole.hpp"
#include "train/counts_reference.hpp"

namespace jest::apps::train {
namespace {

constexpr int kMostThreads = 256;

constexpr const char* kReferenceHelp =
    "A reference.safetensors; trained from --curated\nwhen absent";
constexpr const char* kCountedReferenceHelp =
    "A reference.safetensors; counts[:KIND[:PART]], a\nguide of n-grams (docs/counts.md), hashed "
    "or\n"
    "interpolated; trained from --curated when absent";
constexpr std::int64_t kMostSteps = std::numeric_limits<std::uint32_t>::max();

/// Files that are read must be there.
struct Readable {
  bool folders = false;

  void operator()(const std::string& flag, const std::filesystem::path& path) const {
    if (folders && std::filesystem::is_directory(path)) return;
    for (const auto& file : files_of(path)) expect_file(flag, file);
  }
  void operator()(const std::string& flag, const std::vector<std::filesystem::path>& paths) const {
    if (paths.empty()) refuse(flag, "at least one file", "none");
    for (const auto& path : paths) (*this)(flag, path);
  }
};

/// A field of the selection schedule as an option.
OptionRow<ExperimentOptions> schedule_option(const std::string& flag,
                                             std::int64_t SelectionSchedule::*field,
                                             std::int64_t least, const std::string& help) {
  using O = ExperimentOptions;
  OptionRow<O> row{.flag = flag, .group = "Selection", .help = help, .uses = kOfResult};
  row.add = [flag, field, help](CLI::App& command, O& options) {
    CLI::Option* option = command.add_option(flag, options.selection.*field, help);
    const bool endless = options.selection.*field == SelectionSchedule{}.end;
    return endless ? option : option->capture_default_str();
  };
  row.check = [=](const O& options) { AtLeast{least}(flag, options.selection.*field); };
  row.value = [field](const O& options) { return options.selection.*field; };
  return row;
}

/// Seeds are read as words, as CLI11's numbers stop at 63 bits, and recorded as numbers.
OptionRow<ExperimentOptions> seeds_option() {
  using O = ExperimentOptions;
  auto row = option<O>("Arms", "--seeds", &O::seed_names, "Seeds, comma-separated", kOfResult);
  row.value = [](const O& options) { return options.seeds(); };
  return row;
}

}  // namespace

std::vector<std::filesystem::path> files_of(const std::filesystem::path& name) {
  std::error_code none;
  if (std::filesystem::exists(name, none)) return {name};
  return expand_braces(name.string());
}

InteractionSchedule ExperimentOptions::interaction_schedule() const {
  const std::string_view all = interaction;
  const std::size_t at = all.find('@');
  std::string_view start = at == all.npos ? "0" : all.substr(at + 1);
  const bool percent = start.ends_with('%');
  if (percent) start.remove_suffix(1);
  InteractionSchedule schedule;
  const bool fits = parse_whole(all.substr(0, at), schedule.value) &&
                    std::isfinite(schedule.value) && parse_whole(start, schedule.start) &&
                    schedule.start >= 0;
  if (!fits) refuse("--interaction", "K, K@STEP or K@P%, for instance 1@500", interaction);
  if (percent) schedule.start = steps * schedule.start / 100;
  return schedule;
}

std::int64_t ExperimentOptions::evaluation_period(std::int64_t run_steps) const {
  std::string_view number = evaluate_every;
  const bool percent = number.ends_with('%');
  if (percent) number.remove_suffix(1);
  std::int64_t value = 0;
  if (!parse_whole(number, value) || value < 1 || (percent && value > 100)) {
    refuse("--eval-every", "a number of at least 1, or P% with P from 1 to 100", evaluate_every);
  }
  return percent ? std::max<std::int64_t>(1, run_steps * value / 100) : value;
}

std::vector<std::uint64_t> ExperimentOptions::seeds() const {
  std::vector<std::uint64_t> seeds;
  for (const std::string& name : seed_names) {
    std::uint64_t seed = 0;
    if (!parse_whole(name, seed)) refuse("--seeds", "whole numbers below 2^64", "'" + name + "'");
    seeds.push_back(seed);
  }
  return seeds;
}

Backend ExperimentOptions::backend() const { return by_name("--backend", kBackends, backend_name); }

Sampling ExperimentOptions::sampling() const {
  return {.chunks = chunks, .gain = gain, .interaction = interaction_schedule()};
}

Precision ExperimentOptions::precision() const {
  if (precision_name == "float32") return Precision::kFull;
  if (precision_name == "bfloat16") return Precision::kBfloat16;
  refuse("--precision", "float32 or bfloat16", "'" + precision_name + "'");
}

OptionRows<CachedReferenceOptions> cached_rows(const TaskWords& words) {
  return cached_rows(words.cached, !words.counted.empty());
}

OptionRows<ExperimentOptions> common_rows(const TaskWords& words) {
  using O = ExperimentOptions;
  const auto row = [](auto... given) { return option<O>(given...); };
  return {
      row("Data", "--curated", &O::curated, words.rows + ", trusted", kOfProbe | kRequired,
          Readable{words.folders}),
      row("Data", "--pool", &O::pool, words.rows + ", to select from", kOfProbe | kRequired,
          Readable{words.folders}),
      row("Data", "--eval", &O::eval,
          words.rows + ", held out;\nimages, text and tokens take several: --eval A B", kRequired,
          Readable{words.folders}),
      row("Data", "--validation-share", &O::validation_share,
          "Share of each held-out set, by the rows' ids,\n"
          "measured apart for choices: validation_MEASURE",
          kOfResult, ShareBelow1{}),
      row("Data", "--out", &O::out, "Folder of this run", kOfProbe | kRequired),
      row("Arms", "--arms", &O::arms,
          "Arms, comma-separated: methods of docs/method.md\nand controls that this task can carry "
          "out, listed\nat the end of its help; an arm can have options of\nits own: "
          "joint:steps=500:gain=50",
          kOfResult),
      seeds_option(),
      row("Arms", "--steps", &O::steps, "Training steps of every arm", kOfResult | kOfArm,
          Between{1, kMostSteps}),
      row("Arms", "--count", &O::count, "b: examples trained on in a step",
          kOfResult | kOfArm | kOfProbe, AtLeast{1}),
      row("Arms", "--super-batch", &O::super_batch, "B: candidates of a step", kOfResult | kOfArm),
      row("Arms", "--learning-rate", &O::learning_rate, "Peak of warm-up and cosine",
          kOfResult | kOfArm | kOfProbe, FinitePositive{}),
      row("Arms", "--weight-decay", &O::weight_decay,
          "Decoupled decay of matrices (AdamW); norms, biases\nand temperatures keep theirs",
          kOfResult | kOfArm | kOfProbe, FiniteAtLeast0{}),
      row("Arms", "--clip-norm", &O::clip_norm,
          "Largest norm of a step's gradient, which is scaled\ndown to it; 0: any",
          kOfResult | kOfArm | kOfProbe, FiniteAtLeast0{}),
      row("Arms", "--micro-batch", &O::micro_batch,
          "Examples of one forward (and backward) pass, for\nbatches larger than memory: the "
          "gradient stays\n"
          "that of the whole batch (GradCache); 0: all",
          kOfResult | kOfArm | kOfProbe, AtLeast{0}),
      row("Arms", "--init", &O::init,
          "A model of the learner's shape, which a run left,\n"
          "that arms start from; its cost is not counted",
          kOfRun),
      row("Arms", "--curated-share", &O::curated_share_name,
          "Share of each super-batch drawn from --curated:\n"
          "S below 1, or natural: as rows of the pool",
          kOfResult | kOfArm),
      row("Arms", "--filter", &O::filter_share,
          "Share of the pool kept, once, by the losses of\n"
          "the reference (or --cascade-losses); 1: all",
          kOfResult | kOfArm, ShareAbove0{}),
      row("Arms", "--filter-gain", &O::filter_gain,
          "Draw what --filter keeps, at this gain; 0: top", kOfResult | kOfArm, FiniteAtLeast0{}),
      row("Selection", "--chunks", &O::chunks, "N: rounds of a joint selection",
          kOfResult | kOfArm),
      row("Selection", "--gain", &O::gain, "Scale of scores against noise", kOfResult | kOfArm,
          FiniteAtLeast0{}),
      row("Selection", "--interaction", &O::interaction,
          "K, K@STEP or K@P%: weight of pair terms, from STEP\non (P % of the steps)",
          kOfResult | kOfArm),
      row("Selection", "--backend", &O::backend_name,
          "What computes selections: default (cpu, or cuda on\nsuch a device), eigen (double "
          "precision), cpu,\ncpu-bf16, cuda",
          kOfResult),
      schedule_option("--select-start", &SelectionSchedule::start, 0, "First step that selects"),
      schedule_option("--select-end", &SelectionSchedule::end, 0,
                      "First step that no longer selects; absent: none"),
      schedule_option("--select-every", &SelectionSchedule::every, 1, "Select every so many steps"),
      schedule_option("--select-stop", &SelectionSchedule::stop_window, 0,
                      "Arms by learnability stop once the learner beats\nthe reference on an "
                      "average over so many\nselections; 0: never"),
      row("Selection", "--score-staleness", &O::score_staleness,
          "Steps that the learner's weights are behind where\nthey score, as in scorers apart from "
          "trainers; 0:\nnone",
          kOfResult | kOfArm, AtLeast{0}),
      row("Selection", "--forward-ahead", &O::forward_ahead,
          "Of arms that select pairs in rounds, not behind a\ncascade: forward passes of so many "
          "picks of a rank\nbegin while later rounds go on; 0: none do",
          kOfResult | kOfArm, AtLeast{0}),
      row("Cascade", "--cascade-from", &O::cascade_from,
          "Candidates of the first stage, which takes no\nlearner", kOfResult | kOfArm),
      row("Cascade", "--cascade-to", &O::cascade_to,
          "Those that it leaves to the second, joint one", kOfResult | kOfArm),
      row("Cascade", "--cascade-gain", &O::cascade_gain, "--gain of the first stage",
          kOfResult | kOfArm, FiniteAtLeast0{}),
      row("Reference", "--reference", &O::reference,
          words.counted.empty() ? kReferenceHelp : kCountedReferenceHelp, kOfRun),
      row("Reference", "--reference-steps", &O::reference_steps,
          "Steps of the reference's training", kOfResult | kOfProbe, Between{1, kMostSteps}),
      row("Reference", "--reference-learning-rate", &O::reference_learning_rate,
          "Peak of the reference's training; 0: the arms'", kOfResult | kOfProbe, FiniteAtLeast0{}),
      row("Reference", "--cache-reference", &O::cache_reference,
          "Run the reference once over the pool, not over\nevery super-batch anew", kOfResult),
      row("Run", "--eval-every", &O::evaluate_every,
          "Steps between evaluations, or P% of an arm's steps", kOfResult | kOfArm),
      row("Run", "--checkpoint-every", &O::checkpoint_every, "Steps between checkpoints", kOfResult,
          AtLeast{1}),
      row("Run", "--gradients", &O::gradients,
          "Before every evaluation record the picked batch's\ngradient: its norm, and its "
          "cosine with a\ncurated one's",
          kOfRun),
      row("Run", "--tensorboard", &O::tensorboard,
          "Leave scalars for TensorBoard, too, in every run's\nfolder: tensorboard --logdir OUT",
          kOfRun),
      row("Run", "--resume", &O::resume, "Go on where the run in --out stopped", kOfProbe),
      row("Run", "--scorers", &O::scorers,
          "Of the ranks that were started, so many score\n"
          "for the others, which train; 0: all do both",
          kOfRun, AtLeast{0}),
      row("Run", "--threads", &O::threads, "Threads; 0: as many as the machine has", kOfProbe,
          Between{0, kMostThreads}),
      row("Run", "--device", &O::device_name,
          "Where models train and selections run: cpu, cuda,\ncuda:N", kOfResult | kOfProbe),
      row("Run", "--precision", &O::precision_name,
          "float32, or bfloat16: autocast of scoring and of\ntraining's forward passes",
          kOfResult | kOfProbe),
  };
}

void ExperimentOptions::check_together() const {
  evaluation_period(steps);
  curated_share();
  interaction_schedule();
  if (count > super_batch) {
    refuse("--super-batch", text("at least --count ", count), super_batch);
  }
  if (chunks < 1 || chunks > count) {
    refuse("--chunks", text("between 1 and --count ", count), chunks);
  }
  if (selection.end < selection.start) {
    refuse("--select-end", text("at least --select-start ", selection.start), selection.end);
  }
  check_device_name(device_name);
  precision();
  if (backend() == Backend::kCuda && device_name == "cpu") {
    refuse("--backend", "one of --device cpu (default, eigen, cpu, cpu-bf16)", "cuda");
  }
}

void ExperimentOptions::check_cascade() const {
  if (cascade_to >= count && cascade_to <= cascade_from) return;
  refuse("--cascade-to", text("between --count ", count, " and --cascade-from ", cascade_from),
         cascade_to);
}

void ExperimentOptions::check_names(const TaskWords& words) const {
  if (counts()) {
    parse_counts("--reference", reference, words.counted);
    if (selection.stop_window > 0) {
      refuse("--select-stop", "0 beside a reference that counts, whose losses are log ratios",
             selection.stop_window);
    }
  } else if (!reference.empty() && !words.folders) {
    expect_file("--reference", reference);
  }
  if (!init.empty()) expect_file("--init", init);
  check_cached();
  if (first_stage_counts()) {
    parse_counts("--cascade-losses", cascade_losses.front(), words.counted);
  }
  if (!reference.empty() && has_cached_reference()) {
    refuse("--reference", "a reference that runs, or its embeddings or losses", "both");
  }
  if (arms.empty()) refuse("--arms", "at least one arm", "none");
  if (seed_names.empty()) refuse("--seeds", "at least one seed", "none");
  std::set<std::string> distinct;
  for (const std::string& name : arms) {
    if (!distinct.insert(name).second) refuse("--arms", "distinct arms", name + " twice");
  }
  const auto all = seeds();
  if (std::set(all.begin(), all.end()).size() != all.size()) {
    refuse("--seeds", "distinct seeds", "one of them twice");
  }
}

}  // namespace jest::apps::train

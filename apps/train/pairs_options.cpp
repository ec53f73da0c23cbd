#include "train/pairs_options.hpp"

#include <set>

#include "jest/core/error.hpp"
#include "train/parse_whole.hpp"

namespace jest {
namespace {

constexpr int kMostThreads = 256;

void at_least(const char* option, std::int64_t least, std::int64_t value) {
  if (value < least) refuse(option, text("a number of at least ", least), value);
}

void readable(const char* option, const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) {
    refuse(option, "a file that exists", path.empty() ? "nothing" : path.string());
  }
}

void finite_and_positive_or_0(const char* option, double value) {
  if (!std::isfinite(value) || value < 0) refuse(option, "a finite number of at least 0", value);
}

void check_reference(const PairsOptions& options) {
  at_least("--reference-steps", 1, options.reference_steps);
  at_least("--reference-width", 1, options.reference_width);
  at_least("--reference-hidden", 1, options.reference_hidden);
  at_least("--reference-negatives", 0, options.reference_negatives);
  if (!(options.reference_dropout >= 0 && options.reference_dropout < 1)) {
    refuse("--reference-dropout", "a share of at least 0 and below 1", options.reference_dropout);
  }
}

void check_sizes(const PairsOptions& options) {
  at_least("--count", 1, options.count);
  at_least("--steps", 1, options.steps);
  check_reference(options);
  options.evaluation_period(options.steps);
  at_least("--checkpoint-every", 1, options.checkpoint_every);
  if (options.threads < 0 || options.threads > kMostThreads) {
    refuse("--threads", text("a number from 0 to ", kMostThreads), options.threads);
  }
  constexpr std::int64_t kMostSteps = std::numeric_limits<std::uint32_t>::max();
  if (std::max(options.steps, options.reference_steps) > kMostSteps) {
    refuse("--steps and --reference-steps", text("at most ", kMostSteps),
           std::max(options.steps, options.reference_steps));
  }
  if (options.count > options.super_batch) {
    refuse("--super-batch", text("at least --count ", options.count), options.super_batch);
  }
  if (options.chunks < 1 || options.chunks > options.count) {
    refuse("--chunks", text("between 1 and --count ", options.count), options.chunks);
  }
  if (options.cascade_to < options.count || options.cascade_to > options.cascade_from) {
    refuse("--cascade-to",
           text("between --count ", options.count, " and --cascade-from ", options.cascade_from),
           options.cascade_to);
  }
  finite_and_positive_or_0("--gain", options.gain);
  finite_and_positive_or_0("--cascade-gain", options.cascade_gain);
  if (!std::isfinite(options.learning_rate) || options.learning_rate <= 0) {
    refuse("--learning-rate", "a finite number above 0", options.learning_rate);
  }
  if (!std::isfinite(options.bias)) refuse("--bias", "a finite number", options.bias);
}

}  // namespace

InteractionSchedule PairsOptions::interaction_schedule() const {
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

std::int64_t PairsOptions::evaluation_period(std::int64_t run_steps) const {
  std::string_view number = evaluate_every;
  const bool percent = number.ends_with('%');
  if (percent) number.remove_suffix(1);
  std::int64_t value = 0;
  if (!parse_whole(number, value) || value < 1 || (percent && value > 100)) {
    refuse("--eval-every", "a number of at least 1, or P% with P from 1 to 100", evaluate_every);
  }
  return percent ? std::max<std::int64_t>(1, run_steps * value / 100) : value;
}

std::vector<std::uint64_t> PairsOptions::seeds() const {
  std::vector<std::uint64_t> seeds;
  for (const std::string& name : seed_names) {
    std::uint64_t seed = 0;
    if (!parse_whole(name, seed)) refuse("--seeds", "whole numbers below 2^64", "'" + name + "'");
    seeds.push_back(seed);
  }
  return seeds;
}

Backend PairsOptions::backend() const {
  std::string names;
  for (const auto& [name, backend] : kBackends) {
    if (name == backend_name) return backend;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  refuse("--backend", "one of " + names, "'" + backend_name + "'");
}

void add_options(CLI::App& command, PairsOptions& options) {
  const auto add = [&command](const char* name, auto& value, const char* help) {
    return command.add_option(name, value, help)->capture_default_str();
  };
  command.add_option("--curated", options.curated, "TSV of trusted pairs (id x y [tag])")
      ->required();
  command.add_option("--pool", options.pool, "TSV to select from")->required();
  command.add_option("--eval", options.eval, "TSV of held-out pairs")->required();
  command.add_option("--out", options.out, "Folder of this run")->required();
  add("--arms", options.arms,
      "Arms, comma-separated: uniform,\nuniform@equal-compute, joint, independent,\n"
      "mean-field, easy-reference, hard-learner, topk,\ngreedy, cascade, oracle:TAG; an arm can "
      "have\n"
      "options of its own: joint:steps=500:gain=50")
      ->delimiter(',');
  add("--seeds", options.seed_names, "Seeds, comma-separated")->delimiter(',');
  add("--steps", options.steps, "Training steps of every arm");
  add("--count", options.count, "b: pairs trained on in a step");
  add("--super-batch", options.super_batch, "B: candidates of a step");
  add("--chunks", options.chunks, "N: rounds of a joint selection");
  add("--gain", options.gain, "Scale of scores against noise");
  add("--cascade-from", options.cascade_from,
      "Candidates of a cascade's first stage, which\ntakes no learner");
  add("--cascade-to", options.cascade_to, "Those that it leaves to the second, joint one");
  add("--cascade-gain", options.cascade_gain, "--gain of the first stage");
  add("--interaction", options.interaction,
      "K, K@STEP or K@P%: weight of pair terms, from STEP\non (P % of the steps)");
  add("--backend", options.backend_name,
      "What computes selections: default (cpu), eigen\n(double precision), cpu, cpu-bf16");
  add("--learning-rate", options.learning_rate, "Peak of warm-up and cosine");
  add("--bias", options.bias, "Initial logit bias");
  add("--select-start", options.selection.start, "First step that selects");
  command.add_option("--select-end", options.selection.end,
                     "First step that no longer selects; none when absent");
  add("--select-every", options.selection.every, "Select every so many steps");
  add("--select-stop", options.selection.stop_window,
      "Stop once the learner beats the reference on an\naverage over so many selections; 0: never");
  command.add_option("--reference", options.reference,
                     "A reference.safetensors; trained from --curated\nwhen absent");
  add("--reference-steps", options.reference_steps, "Steps of the reference's training");
  add("--reference-width", options.reference_width,
      "Width of its features; a small reference is cheap");
  add("--reference-hidden", options.reference_hidden, "Width of its hidden layer");
  add("--reference-dropout", options.reference_dropout,
      "Share of features left out while it trains");
  add("--reference-negatives", options.reference_negatives,
      "Random pool pairs a step that it learns to reject");
  command.add_flag("--cache-reference", options.cache_reference,
                   "Embed the pool once, not every super-batch anew");
  add("--eval-every", options.evaluate_every, "Steps between evaluations, or P% of an arm's steps");
  add("--checkpoint-every", options.checkpoint_every, "Steps between checkpoints");
  command.add_flag("--resume", options.resume, "Go on where the run in --out stopped");
  add("--threads", options.threads, "Threads; 0: as many as the machine has");
}

void check_options(const PairsOptions& options) {
  check_sizes(options);
  check_schedule(options.selection);
  options.interaction_schedule();
  if (options.backend() == Backend::kCuda) {
    refuse("--backend", "a backend of this build (default, eigen, cpu, cpu-bf16)", "cuda");
  }
  readable("--curated", options.curated);
  readable("--pool", options.pool);
  readable("--eval", options.eval);
  if (!options.reference.empty()) readable("--reference", options.reference);
  if (options.arms.empty()) refuse("--arms", "at least one arm", "none");
  if (options.seed_names.empty()) refuse("--seeds", "at least one seed", "none");
  std::set<std::string> arms;
  for (const std::string& name : options.arms) {
    check_sizes(options_of(find_arm(name), options));
    if (!arms.insert(name).second) refuse("--arms", "distinct arms", name + " twice");
  }
  const auto seeds = options.seeds();
  if (std::set(seeds.begin(), seeds.end()).size() != seeds.size()) {
    refuse("--seeds", "distinct seeds", "one of them twice");
  }
}

nlohmann::ordered_json identity(const PairsOptions& options) {
  return {{"arms", options.arms},
          {"seeds", options.seeds()},
          {"steps", options.steps},
          {"count", options.count},
          {"super_batch", options.super_batch},
          {"chunks", options.chunks},
          {"gain", options.gain},
          {"cascade_from", options.cascade_from},
          {"cascade_to", options.cascade_to},
          {"cascade_gain", options.cascade_gain},
          {"interaction", options.interaction_schedule().value},
          {"interaction_start", options.interaction_schedule().start},
          {"backend", options.backend_name},
          {"learning_rate", options.learning_rate},
          {"bias", options.bias},
          {"select_start", options.selection.start},
          {"select_end", options.selection.end},
          {"select_every", options.selection.every},
          {"select_stop", options.selection.stop_window},
          {"reference_steps", options.reference_steps},
          {"reference_width", options.reference_width},
          {"reference_hidden", options.reference_hidden},
          {"reference_dropout", options.reference_dropout},
          {"reference_negatives", options.reference_negatives},
          {"cache_reference", options.cache_reference},
          {"eval_every", options.evaluate_every},
          {"checkpoint_every", options.checkpoint_every}};
}

}  // namespace jest

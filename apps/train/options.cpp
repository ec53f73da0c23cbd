#include "train/options.hpp"

#include <set>

#include "jest/core/error.hpp"
#include "jest/torch/device.hpp"
#include "parse_whole.hpp"

namespace jest::apps::train {
namespace {

constexpr int kMostThreads = 256;

void readable(const char* option, const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) {
    refuse(option, "a file that exists", path.empty() ? "nothing" : path.string());
  }
}

/// Names with commas between them, in lines that fit a terminal beside the options.
std::string lines_of(const std::vector<std::string>& names) {
  constexpr std::size_t kWidth = 48;
  std::string lines;
  std::size_t length = 0;
  for (const std::string& name : names) {
    if (length > 0) lines += length + name.size() + 2 > kWidth ? ",\n" : ", ";
    if (length + name.size() + 2 > kWidth) length = 0;
    lines += name;
    length += name.size() + 2;
  }
  return lines;
}

void finite_and_positive_or_0(const char* option, double value) {
  if (!std::isfinite(value) || value < 0) refuse(option, "a finite number of at least 0", value);
}

}  // namespace

namespace detail {

void option_at_least(const char* option, std::int64_t least, std::int64_t value) {
  if (value < least) refuse(option, text("a number of at least ", least), value);
}

void option_is_share(const char* option, double value) {
  if (!(value >= 0 && value < 1)) refuse(option, "a share of at least 0 and below 1", value);
}

}  // namespace detail

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

Backend ExperimentOptions::backend() const {
  std::string names;
  for (const auto& [name, backend] : kBackends) {
    if (name == backend_name) return backend;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  refuse("--backend", "one of " + names, "'" + backend_name + "'");
}

Precision ExperimentOptions::precision() const {
  if (precision_name == "float32") return Precision::kFull;
  if (precision_name == "bfloat16") return Precision::kBfloat16;
  refuse("--precision", "float32 or bfloat16", "'" + precision_name + "'");
}

void ExperimentOptions::add_to(CLI::App& command, const std::string& rows,
                               const std::vector<std::string>& known) {
  const auto add = [&command](const char* name, auto& value, const char* help) {
    return command.add_option(name, value, help)->capture_default_str();
  };
  command.add_option("--curated", curated, rows + ", trusted")->required();
  command.add_option("--pool", pool, rows + ", to select from")->required();
  command
      .add_option("--eval", eval,
                  rows + ", held out;\nimages and text take several, comma-separated")
      ->delimiter(',')
      ->required();
  command.add_option("--out", out, "Folder of this run")->required();
  add("--arms", arms,
      ("Arms, comma-separated:\n" + lines_of(known) +
       ";\nan arm can have options of its own:\njoint:steps=500:gain=50")
          .c_str())
      ->delimiter(',');
  add("--seeds", seed_names, "Seeds, comma-separated")->delimiter(',');
  add("--steps", steps, "Training steps of every arm");
  add("--count", count, "b: examples trained on in a step");
  add("--super-batch", super_batch, "B: candidates of a step");
  add("--chunks", chunks, "N: rounds of a joint selection");
  add("--gain", gain, "Scale of scores against noise");
  add("--cascade-from", cascade_from,
      "Candidates of a cascade's first stage, which\ntakes no learner");
  add("--cascade-to", cascade_to, "Those that it leaves to the second, joint one");
  add("--cascade-gain", cascade_gain, "--gain of the first stage");
  add("--interaction", interaction,
      "K, K@STEP or K@P%: weight of pair terms, from STEP\non (P % of the steps)");
  add("--backend", backend_name,
      "What computes selections: default (cpu, or cuda on\nsuch a device), eigen (double "
      "precision), cpu,\ncpu-bf16, cuda");
  add("--learning-rate", learning_rate, "Peak of warm-up and cosine");
  add("--select-start", selection.start, "First step that selects");
  command.add_option("--select-end", selection.end,
                     "First step that no longer selects; absent: none");
  add("--select-every", selection.every, "Select every so many steps");
  add("--select-stop", selection.stop_window,
      "Arms by learnability stop once the learner beats\nthe reference on an average over so many\n"
      "selections; 0: never");
  command.add_option("--reference", reference,
                     "A reference.safetensors; trained from --curated\nwhen absent");
  add("--reference-steps", reference_steps, "Steps of the reference's training");
  command.add_flag("--cache-reference", cache_reference,
                   "Run the reference once over the pool, not over\nevery super-batch anew");
  add("--eval-every", evaluate_every, "Steps between evaluations, or P% of an arm's steps");
  add("--checkpoint-every", checkpoint_every, "Steps between checkpoints");
  command.add_flag("--gradients", gradients,
                   "Before every evaluation record the picked batch's\ngradient: its norm, and its "
                   "cosine with a\ncurated one's");
  command.add_flag("--resume", resume, "Go on where the run in --out stopped");
  add("--threads", threads, "Threads; 0: as many as the machine has");
  add("--device", device_name, "Where models train and selections run: cpu, cuda,\ncuda:N");
  add("--precision", precision_name,
      "float32, or bfloat16: autocast of scoring and of\ntraining's forward passes");
}

void ExperimentOptions::check_numbers() const {
  detail::option_at_least("--count", 1, count);
  detail::option_at_least("--steps", 1, steps);
  detail::option_at_least("--reference-steps", 1, reference_steps);
  evaluation_period(steps);
  interaction_schedule();
  detail::option_at_least("--checkpoint-every", 1, checkpoint_every);
  if (threads < 0 || threads > kMostThreads) {
    refuse("--threads", text("a number from 0 to ", kMostThreads), threads);
  }
  constexpr std::int64_t kMostSteps = std::numeric_limits<std::uint32_t>::max();
  if (std::max(steps, reference_steps) > kMostSteps) {
    refuse("--steps and --reference-steps", text("at most ", kMostSteps),
           std::max(steps, reference_steps));
  }
  if (count > super_batch) {
    refuse("--super-batch", text("at least --count ", count), super_batch);
  }
  if (chunks < 1 || chunks > count) {
    refuse("--chunks", text("between 1 and --count ", count), chunks);
  }
  finite_and_positive_or_0("--gain", gain);
  finite_and_positive_or_0("--cascade-gain", cascade_gain);
  for (const auto& [option, value] :
       {std::pair("--learning-rate", learning_rate), std::pair("distillation", distillation),
        std::pair("rank-power", rank_power), std::pair("temperature", temperature)}) {
    if (!std::isfinite(value) || value <= 0) refuse(option, "a finite number above 0", value);
  }
  finite_and_positive_or_0("diversity", diversity);
  if (!(tokens > 0 && tokens <= 1)) refuse("tokens", "a share above 0, at most 1", tokens);
}

void ExperimentOptions::check_cascade() const {
  if (cascade_to >= count && cascade_to <= cascade_from) return;
  refuse("--cascade-to", text("between --count ", count, " and --cascade-from ", cascade_from),
         cascade_to);
}

void ExperimentOptions::check_names() const {
  check_schedule(selection);
  check_device_name(device_name);
  precision();
  if (backend() == Backend::kCuda && device_name == "cpu") {
    refuse("--backend", "one of --device cpu (default, eigen, cpu, cpu-bf16)", "cuda");
  }
  readable("--curated", curated);
  readable("--pool", pool);
  if (eval.empty()) refuse("--eval", "at least one file", "none");
  for (const auto& path : eval) readable("--eval", path);
  if (!reference.empty()) readable("--reference", reference);
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

nlohmann::ordered_json ExperimentOptions::identity() const {
  return {{"arms", arms},
          {"seeds", seeds()},
          {"steps", steps},
          {"count", count},
          {"super_batch", super_batch},
          {"chunks", chunks},
          {"gain", gain},
          {"cascade_from", cascade_from},
          {"cascade_to", cascade_to},
          {"cascade_gain", cascade_gain},
          {"interaction", interaction},
          {"backend", backend_name},
          {"learning_rate", learning_rate},
          {"select_start", selection.start},
          {"select_end", selection.end},
          {"select_every", selection.every},
          {"select_stop", selection.stop_window},
          {"reference_steps", reference_steps},
          {"cache_reference", cache_reference},
          {"eval_every", evaluate_every},
          {"checkpoint_every", checkpoint_every},
          {"device", device_name},
          {"precision", precision_name}};
}

}  // namespace jest::apps::train

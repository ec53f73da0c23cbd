#pragma once
// One probe of one task.

#include <functional>
#include <iostream>
#include <memory>
#include <unordered_set>

#include "jest/io/atomic_file.hpp"
#include "jest/torch/device.hpp"
#include "jest/train/fused_adam.hpp"
#include "jest/train/metrics.hpp"
#include "train/counts_reference.hpp"
#include "train/model_file.hpp"
#include "train/probe/probe.hpp"
#include "train/probe/probe_report.hpp"
#include "train/run_folder.hpp"
#include "train/samples.hpp"

namespace jest::apps::train {

/// What a reference is trained on, without the examples held out.
template <class Source>
auto without_held_out(const Source& source, std::int64_t step) {
  const auto batch = source.at(step);
  std::vector<std::int64_t> kept;
  const auto ids = batch.ids();
  for (std::size_t k = 0; k < ids.size(); ++k) {
    if (!held_out_of_probe(ids[k])) kept.push_back(static_cast<std::int64_t>(k));
  }
  if (kept.empty()) refuse("probe", "batches with curated examples to train on", "none");
  return batch.at(kept);
}

template <Task T>
typename T::Model train_probe_reference(const T& task) {
  constexpr std::uint64_t kSeed = 0;
  const auto& options = task.options();
  auto model = moved_to(options.device_name, task.make_reference(kSeed));
  const auto optimizer = fused_adam(*model, options.reference_adam_spec());
  const auto source = task.guide_source(kSeed);
  Learner learner(model, *optimizer, guide_objective(task), options.precision(),
                  options.step_spec());
  const auto bar = progress_bar("reference");
  auto rate = trainer_spec(options, options.reference_steps, kSeed).learning_rate;
  rate.peak = options.reference_adam_spec().learning_rate;
  for (std::int64_t step = 0; step < options.reference_steps; ++step) {
    learner.set_learning_rate(rate.at(step));
    learner.step(without_held_out(source, step));
    StepMetrics metrics;
    metrics.step = step + 1;
    metrics.steps = options.reference_steps;
    if (bar) bar->step(metrics);
  }
  return model;
}

template <Task T>
std::vector<double> losses_of(const typename T::Batch& batch, typename T::Model& model,
                              Precision precision) {
  const at::Tensor losses =
      own_losses_of(model, batch, {.micro_batch = 1024, .precision = precision})
          .to(at::kCPU, at::kDouble)
          .contiguous();
  return {losses.template data_ptr<double>(), losses.template data_ptr<double>() + losses.numel()};
}

/// How many of `rows` have the content of an earlier one, byte for byte: text in an encoding of its
/// own is no other's repetition.
template <Task T>
std::int64_t repeated_rows(const T& task, const std::vector<std::int64_t>& rows) {
  std::unordered_set<nlohmann::ordered_json> seen;
  std::int64_t repeated = 0;
  for (const std::int64_t row : rows) {
    repeated += seen.insert(task.show(*task.data().pool, row)).second ? 0 : 1;
  }
  return repeated;
}

/// What a probe looks at, known before it trains.
struct ProbeRows {
  std::vector<std::int64_t> held_out;
  std::vector<std::int64_t> looked_at;
};

template <Task T>
ProbeRows rows_of_probe(const T& task, std::int64_t probe_rows) {
  const auto& data = task.data();
  if (data.pool->rows() < kLeastLosses) {
    refuse("probe --pool", text("at least ", kLeastLosses, " examples"), data.pool->rows());
  }
  return {rows_held_out(*data.curated), spread_rows(*data.pool, probe_rows)};
}

/// By counts of the curated rows against the whole pool, which leave out the row that is scored.
template <Task T>
void count_rows(const T& task, const ProbeRows& rows, ProbeFindings& findings) {
  if constexpr (Counts<T>) {
    const auto& words = T::Options::words();
    try {
      const CountedLosses all = task.count({CountKind::kInterpolated, words.counted.front()});
      const auto losses_at = [&](const std::vector<std::int64_t>& some, std::int64_t first) {
        std::vector<double> losses;
        for (const std::int64_t row : some) {
          losses.push_back(all.losses[static_cast<std::size_t>(first + row)]);
        }
        return losses;
      };
      findings.counted = estimate_by_counts(losses_at(rows.held_out, task.data().pool->rows()),
                                            losses_at(rows.looked_at, 0));
    } catch (const Error& error) {
      findings.not_counted = error.what();
    }
  }
}

template <Task T>
ProbeFindings probe(const T& task, const ProbeRows& rows, const std::vector<MapPoint>& map) {
  using Batch = typename T::Batch;
  const auto& data = task.data();
  auto model = train_probe_reference(task);
  const auto seen = [&](const auto& table, const std::vector<std::int64_t>& some) {
    return losses_of<T>(task.stored_as(Batch({table, some}), task.options()), model,
                        task.options().precision());
  };
  const auto held = static_cast<std::int64_t>(rows.held_out.size());
  ProbeFindings findings{.trained = data.curated->rows() - held,
                         .held_out = held,
                         .looked_at = static_cast<std::int64_t>(rows.looked_at.size()),
                         .repeated = repeated_rows(task, rows.looked_at),
                         .useful = estimate_useful_share(seen(data.curated, rows.held_out),
                                                         seen(data.pool, rows.looked_at)),
                         .map = map};
  count_rows(task, rows, findings);
  return findings;
}

/// Options of a task that a probe has no use for, such that the task takes them.
template <class Options>
void fill_unused(Options& options) {
  options.eval = {options.curated};
  options.super_batch = options.count;
  options.chunks = 1;
  if (!Options::words().counted.empty())
    options.curated_share_name = "natural";  // both are counted
  if constexpr (requires { options.heads; }) options.hidden = options.reference_hidden;
}

template <Task T>
void run_probe(const ProbeOptions<typename T::Options>& given) {
  typename T::Options options = given;
  AtLeast{kLeastLosses}("--probe-rows", given.probe_rows);
  fill_unused(options);
  check_values(options);
  check_folder_names(options.out, {});
  find_device(options.device_name);
  set_threads(options.threads);
  const T task(options);
  const ProbeRows rows = rows_of_probe(task, given.probe_rows);
  const std::vector<MapPoint> map =
      std::filesystem::exists(given.map) ? read_map(given.map) : std::vector<MapPoint>{};
  nlohmann::ordered_json claimed = identity(options);
  claimed["probe"] = T::kName;
  const FolderLock lock = claim_folder({options.out, claimed, options.resume});
  const ProbeFindings findings = probe(task, rows, map);
  nlohmann::ordered_json json{{"command", options.command}, {"task", T::kName}};
  json.update(probe_json(findings));
  write_file(options.out / "probe.json", json.dump(1) + "\n");
  std::cout << probe_lines(findings);
}

template <Task T>
void add_task_probe(CLI::App& probe, const char* description, const std::string& command_line) {
  using Options = ProbeOptions<typename T::Options>;
  CLI::App* command = probe.add_subcommand(T::kName, description);
  const auto options = std::make_shared<Options>();
  options->command = command_line;
  add_options<typename T::Options>(*command, *options, kOfProbe);
  command->fallthrough();
  command->get_option("--resume")->description("Probe anew in the folder of an earlier probe");
  command->add_option("--map", options->map, "map.json that studies/study map wrote")
      ->type_name("PATH")
      ->capture_default_str();
  command->add_option("--probe-rows", options->probe_rows, "Rows of the pool that the probe reads")
      ->capture_default_str();
  command->callback([options] { run_probe<T>(*options); });
}

}  // namespace jest::apps::train

#pragma once
// An experiment: the reference, every arm with every seed, the summary.

#include <iostream>
#include <optional>

#include "train/arm_run.hpp"
#include "train/ranks.hpp"
#include "train/run_folder.hpp"
#include "train/summary.hpp"

namespace jest::apps::train {

/// Throws unless every option is possible, for every arm; data files are not opened.
template <class Options>
void check_options(const Options& options) {
  check_values(options);
  options.check_names(Options::words());
  for (const std::string& name : options.arms) setup_of(find_arm(name, &Options::knows), options);
}

/// Options and the data's content; where the files lie does not matter.
template <Task T>
nlohmann::ordered_json claimed_identity(const T& task, const ReferenceRun<T>& reference) {
  const auto& data = task.data();
  nlohmann::ordered_json json = identity(task.options());
  json["task"] = T::kName;
  json["curated_table"] = data.curated->checksum;
  json["pool_table"] = data.pool->checksum;
  for (const auto& set : data.eval) json["eval_tables"][set.name] = set.table->checksum;
  json["given_reference"] = nullptr;
  if (task.options().counts()) {
    json["given_reference"] = "counts " + counted_reference(task.options()).words();
  } else if (!task.options().reference.empty()) {
    auto given = given_model<T>(task.options().reference);
    task.check_reference(given);
    expect_numbers("--reference " + task.options().reference.string(), task, given);
    json["given_reference"] = model_fingerprint(*given);
  }
  if (!task.options().init.empty()) json["init"] = model_fingerprint(*starting_model(task, 0));
  if (reference.cached) json["given_reference"] = reference.cached->checksum;
  if (reference.first_stage) json["cascade_losses"] = reference.first_stage->checksum;
  if (task.options().first_stage_counts()) {
    json["cascade_losses"] = "counts " + counted_first_stage(task.options()).words();
  }
  return json;
}

/// Throws unless an arm can follow what a reference said in the place of the reference itself.
template <Task T>
void check_arm_of_cached(const T& task, const Arm& arm) {
  const auto [method, options] = setup_of(arm, task.options());
  const std::string who = "--arms " + arm.name;
  if (options.has_cached_reference() && options.curated_share().mixes() &&
      asks_reference(method, options)) {
    refuse(who, "a reference that runs or counts, for curated examples of the super-batches",
           "what one said of the pool");
  }
  if (!method.uses_reference()) return;
  if (method.reference.access == ReferenceAccess::kLiveOnly ||
      method.template has_objective<TokenChoice>()) {
    refuse(who, "a reference that runs", "what one said of the pool");
  }
  if (method.reference.at_least_the_learner) {
    refuse(who, "a reference whose size is known", "what one said of the pool");
  }
  if (options.counts()) {  // whole rows, whatever the learner sees
    const bool embeds = EmbedsPairs<typename T::Model, typename T::Batch>;
    if (!embeds || (!method.needs_embeddings() && method.template has_objective<OwnLoss>())) return;
    refuse(who, "a reference that embeds pairs", "one that counts");
  }
  if (task.store_name(options) != task.store_name(task.options())) {
    refuse(who, "a reference that sees what this arm shows it", "what one said of whole examples");
  }
}

/// Throws unless the data and the reference are as large as the arm wants them.
template <Task T>
void check_arm(const T& task, const Arm& arm) {
  const auto [method, options] = setup_of(arm, task.options());
  check_rows_for(arm, *task.data().curated, *task.data().pool, options);
  if (method.template has_rule<ByGradients>()) check_curated(*task.data().curated, options.count);
  if (task.options().has_stored_reference()) return check_arm_of_cached(task, arm);
  if (!method.reference.at_least_the_learner) return;
  const auto& given = options.reference;
  const auto reference = given.empty() ? task.make_reference(0) : given_model<T>(given);
  check_reference_size(method, parameter_count(*task.make_learner(0)), parameter_count(*reference));
}

template <Task T>
nlohmann::ordered_json reference_json(const T& task, const ReferenceRun<T>& reference,
                                      const Values& measured) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (reference.runs()) {
    json.update(nlohmann::ordered_json(measured));
  } else if (reference.counted) {
    json["counts"] = counted_reference(task.options()).words();
  } else {
    json["cached"] = reference.cached->checksum;
    if (!reference.cached->fitted.empty()) json["fitted"] = reference.cached->fitted;
  }
  json["flops"] = reference.runs() ? reference.flops : reference.stored_cost().flops;
  json["seconds"] = reference.seconds;
  json["cpu_seconds"] = reference.runs() ? reference.cpu_seconds : reference.seconds;
  json["joules"] = reference.joules;
  const auto& options = task.options();
  if (!options.reference.empty() && !options.counts()) json["given"] = options.reference.string();
  return json;
}

template <Task T>
nlohmann::ordered_json runs_json(const T& task, ReferenceRun<T>& reference,
                                 const std::vector<ArmRun>& arm_runs) {
  auto runs = nlohmann::ordered_json::array();
  for (const ArmRun& run : arm_runs) {
    const auto setup = setup_of(run.arm, task.options());
    runs.push_back(summarize_run({.run = run,
                                  .method = setup.method,
                                  .folder = setup.options.out / run.name(),
                                  .once = paid_once(task, reference, setup),
                                  .measures = task.measures()}));
  }
  add_targets(runs, task.measures().front());
  return runs;
}

/// Throws where files are given that no arm would look at.
template <class Options>
void check_cascade_losses(const Options& options, const std::vector<ArmRun>& runs) {
  const auto has_first_stage = [&](const ArmRun& run) {
    const auto [method, of_arm] = setup_of(run.arm, options);
    return method.cascade || of_arm.filters();
  };
  if (options.cascade_losses.empty() || std::ranges::any_of(runs, has_first_stage)) return;
  refuse("--cascade-losses", "an arm with a first stage or a --filter", "none");
}

/// Leaves everything in options.out; what is there already from an interrupted run is used. Over
/// the ranks that a launcher started, if it did; false on all but the first.
template <Task T>
bool run_experiment(const typename T::Options& given) {
  check_options(given);
  World world = World::joined();
  typename T::Options options = given;
  if (world.size() > 1) options.world = &world;
  if (options.scorers > 0 && options.scorers >= world.size()) {
    refuse("--scorers", text("fewer than the ", world.size(), " ranks"), options.scorers);
  }
  options.device_name = own_device(given.device_name, options.world);
  find_device(options.device_name);  // before anything else is asked of LibTorch
  set_threads(options.threads);
  const std::vector<ArmRun> runs = all_runs(options, &T::Options::knows);
  check_folder_names(options.out, names_of(runs));
  const T task(options);
  for (const ArmRun& run : runs) check_arm(task, run.arm);
  check_cascade_losses(options, runs);
  ReferenceRun<T> reference = given_reference(task);
  const auto identity = claimed_identity(task, reference);
  check_same_text(options.world, "jest-train: options and data", identity.dump());
  std::optional<FolderLock> lock;
  on_first(options.world, [&] {
    lock.emplace(claim_folder({options.out, identity, options.resume}));
  });
  if (is_first(options.world) && reference.cached && !reference.cached->fitted.empty()) {
    std::cerr << "reference: " << reference.cached->fitted << '\n';
  }
  const RunEnergy energy = find_meters(options.device_name);
  prepare_counts(task, reference, energy);
  prepare_reference(task, reference, energy.meter);
  const bool followed = std::ranges::any_of(runs, [&](const ArmRun& run) {
    const auto [method, of_arm] = setup_of(run.arm, options);
    return asks_reference(method, of_arm);
  });
  if (followed && reference.runs()) expect_numbers("train the reference", task, reference.model);
  ReferenceStores<T> stores(task, reference, energy);
  for (const ArmRun& run : runs) ArmTraining<T>(task, run, reference, energy.meter).run(stores);
  const Values of_reference =
      reference.runs() ? evaluate_all(task, reference.model, options.world) : Values();
  if (!is_first(options.world)) return false;
  write_summary(options.out, {{"command", options.command},
                              {"version", JEST_VERSION},
                              {"task", T::kName},
                              {"examples", T::kExamples},
                              {"device", given.device_name},
                              {"ranks", world.size()},
                              {"precision", options.precision_name},
                              {"measures", describe_measures(task.measures())},
                              {"data", describe_data(options, task.data())},
                              {"energy", describe_energy(energy)},
                              {"reference", reference_json(task, reference, of_reference)},
                              {"runs", runs_json(task, reference, runs)}});
  return true;
}

}  // namespace jest::apps::train

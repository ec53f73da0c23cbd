#pragma once
// The reference of an experiment: given, found finished, or trained from the curated examples; and
// what it gives once for the whole pool.

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>

#include "jest/core/cost.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/learner/learner.hpp"
#include "jest/learner/reference_model.hpp"
#include "jest/learner/stores.hpp"
#include "jest/train/fused_adam.hpp"
#include "train/cached_reference.hpp"
#include "train/counts_reference.hpp"
#include "train/energy/run_energy.hpp"
#include "train/model_file.hpp"
#include "train/ranks.hpp"
#include "train/task.hpp"

namespace jest::apps::train {

/// NaN, which JSON has as null.
inline constexpr double kUnknownCost = std::numeric_limits<double>::quiet_NaN();

template <Task T>
struct ReferenceRun {
  typename T::Model model = nullptr;  ///< none where what it said is given
  std::optional<CachedReference<typename T::Store>> cached = {};
  std::optional<CachedReference<LossStore>> counted = {};      ///< of one that counts
  std::optional<CachedReference<LossStore>> first_stage = {};  ///< of --cascade-losses
  double flops = kUnknownCost;        ///< of its training; unknown of many that are given
  double seconds = kUnknownCost;      ///< likewise
  double cpu_seconds = kUnknownCost;  ///< likewise
  double joules = kUnknownCost;       ///< likewise; unknown without a meter

  bool runs() const { return !cached && !counted; }
  /// Of what it said of the pool, where it does not run.
  const CachedReferenceCost& stored_cost() const { return cached ? cached->cost : counted->cost; }
};

/// The model that --reference names: a file, or what else the task knows.
template <Task T>
typename T::Model given_model(const std::filesystem::path& path) {
  if constexpr (requires { T::load_given(path); })
    return T::load_given(path);
  else
    return T::load(SafetensorsFile(path));
}

/// What every arm starts from: the learner of a seed, with the values of --init where that is
/// given.
template <Task T>
typename T::Model starting_model(const T& task, std::uint64_t seed) {
  auto model = task.make_learner(seed);
  const auto& init = task.options().init;
  if (!init.empty()) copy_values("--init " + init.string(), *given_model<T>(init), *model);
  return model;
}

/// A number that save_model's metadata holds; kUnknownCost when it does not.
double metadata_number(const SafetensorsFile& file, const std::string& key);
/// Shortest digits that read back as the same number.
std::string exact_digits(double value);

/// What a guide is trained by: its own loss, or what the task says.
template <Task T>
auto guide_objective(const T& task) {
  if constexpr (requires { task.guide_objective(); }) {
    return task.guide_objective();
  } else {
    return OwnLoss(Contrast::kSigmoid);
  }
}

/// What making a store took.
struct StoreCost {
  double cpu_seconds = kUnknownCost;
  double joules = kUnknownCost;
};

/// It is in a file beside the store. Both are unknown where there is none.
std::filesystem::path cost_file_of(const std::filesystem::path& store);
void write_store_cost(const std::filesystem::path& store, const StoreCost& cost);
StoreCost read_store_cost(const std::filesystem::path& store);

/// Trains by the same Trainer as every arm, in OUT/reference, and leaves its model.
template <Task T>
void train_reference(const T& task, const RunFiles& files, const EnergyMeter& meter) {
  constexpr std::uint64_t kSeed = 0;  // it must not depend on the seed of an arm
  const auto& options = task.options();
  const std::filesystem::path folder = options.out / "reference";
  on_first(options.world, [&] { std::filesystem::create_directories(folder); });
  auto model = moved_to(options.device_name, task.make_reference(kSeed));
  const auto optimizer = fused_adam(*model, options.reference_adam_spec());
  const auto source = task.guide_source(kSeed);
  using GuideBatch = decltype(source.at(0));
  Learner learner(model, *optimizer, guide_objective(task), options.precision(),
                  options.step_spec());
  UniformScorer scorer(options.count, kSeed);
  TrainerSpec spec = trainer_spec(options, options.reference_steps, kSeed);
  spec.selection = {};
  spec.learning_rate.peak = options.reference_adam_spec().learning_rate;
  spec.checkpoints = files.checkpoints;
  const double forward = task.guide_forwards() * task.training_flops(model, options, Method{});
  if (is_first(options.world)) {
    spec.sinks = run_sinks(options, {"reference", folder, {.learner = forward}});
  }
  spec.meter = meter;
  spec.world = options.world;
  const TrainerHooks<GuideBatch> hooks{
      .evaluate = [&] { return evaluate_all(task, model, options.world); }};
  Trainer trainer(source, learner, scorer, spec, hooks);
  const TrainerState& state = trainer.run();
  const double flops = count_flops(state.examples, {.learner = forward}).run();
  Metadata metadata = model->metadata();
  metadata["training_flops"] = exact_digits(flops);
  metadata["training_seconds"] = exact_digits(state.seconds.steps());
  metadata["training_cpu_seconds"] = exact_digits(state.cpu_seconds);
  if (!std::isnan(state.joules)) metadata["training_joules"] = exact_digits(state.joules);
  on_first(options.world, [&] { files.finish(*model, std::move(metadata)); });
}

/// What the options give of a reference, read and checked.
template <Task T>
ReferenceRun<T> given_reference(const T& task) {
  const auto& options = task.options();
  const auto& pool = *task.data().pool;
  ReferenceRun<T> reference;
  if (options.has_cached_reference()) {
    if constexpr (std::is_same_v<typename T::Store, EmbeddingStore>) {
      reference.cached = cached_embeddings(options, pool, *task.data().curated, options.count);
    } else {
      reference.cached = cached_losses(options, pool);
    }
    reference.flops = 0;  // its training is not this run's; what the files cost is told apart
    reference.cpu_seconds = reference.joules = 0;
    reference.seconds = reference.cached->cost.cpu_seconds;
  }
  if (!options.cascade_losses.empty() && !options.first_stage_counts()) {
    reference.first_stage = cascade_losses(options, pool);
  }
  return reference;
}

/// Counts what the options ask for, in stores of OUT. A first stage by the reference's own counts
/// needs none of its own.
template <Task T>
void prepare_counts(const T& task, ReferenceRun<T>& reference, const RunEnergy& energy) {
  if constexpr (Counts<T>) {
    const auto& options = task.options();
    const auto& data = task.data();
    const auto kept = [&](const CountsName& name) {
      return kept_counts({options.out / name.file_name(),
                          text("counts ", name.words(), " curated ", data.curated->checksum,
                               " pool ", data.candidates->checksum),
                          data.candidates->ids},
                         energy, [&] { return task.count(name); });
    };
    std::string own;
    if (options.counts()) {
      const CountsName name = counted_reference(options);
      reference.counted = kept(name);
      reference.flops = reference.joules = reference.cpu_seconds = 0;  // it is not trained
      reference.seconds = reference.counted->cost.cpu_seconds;
      own = name.words();
    }
    if (!options.first_stage_counts()) return;
    const CountsName first = counted_first_stage(options);
    if (first.words() != own) reference.first_stage = kept(first);
  }
}

/// Leaves OUT/reference.safetensors, unless what a reference said is given.
template <Task T>
void prepare_reference(const T& task, ReferenceRun<T>& reference, const EnergyMeter& meter) {
  if (!reference.runs()) return;
  const auto& options = task.options();
  const RunFiles files{options.out / "reference.safetensors",
                       options.out / "reference" / "checkpoints"};
  const bool finished = first_finds(options.world, [&] { return files.finished(); });
  if (!finished && options.reference.empty()) train_reference(task, files, meter);
  on_first(options.world, [&] {
    if (finished) return files.remove_checkpoints();
    if (options.reference.empty()) return;
    if (std::filesystem::is_regular_file(options.reference)) {
      return write_file(files.model, read_file(options.reference));
    }
    auto given = given_model<T>(options.reference);
    save_model(files.model, *given, given->metadata());
  });
  const SafetensorsFile file(files.model);
  reference.model = moved_to(options.device_name, T::load(file));
  reference.flops = metadata_number(file, "training_flops");
  reference.seconds = metadata_number(file, "training_seconds");
  reference.cpu_seconds = metadata_number(file, "training_cpu_seconds");
  reference.joules = metadata_number(file, "training_joules");
}

/// Where what the reference gives once lies.
template <Task T>
std::filesystem::path store_path(const T& task, const typename T::Options& of_arm) {
  return task.options().out / (task.store_name(of_arm) + ".safetensors");
}

/// What the reference gives once, in files of OUT, made when first asked for.
template <Task T>
class ReferenceStores {
 public:
  using Store = typename T::Store;
  using Batch = typename T::Batch;

  ReferenceStores(const T& task, ReferenceRun<T>& reference, const RunEnergy& energy)
      : task_(task), reference_(reference), energy_(energy) {}

  const Store& of(const typename T::Options& options) {
    if (reference_.cached) return reference_.cached->store;
    const std::string name = task_.store_name(options);
    const auto found = stores_.find(name);
    if (found != stores_.end()) return found->second;
    const std::filesystem::path path = store_path(task_, options);
    // What was shown to the model is a part of its name.
    const std::string fingerprint = model_fingerprint(*reference_.model) + " " + name;
    World* const world = task_.options().world;
    if (!first_finds(world, [&] { return std::filesystem::exists(path); })) {
      on_first(world, [&] { std::filesystem::remove(cost_file_of(path)); });
      write(path, fingerprint, options);
    }
    return stores_.emplace(name, Store(path, fingerprint)).first->second;
  }

 private:
  void write(const std::filesystem::path& path, const std::string& fingerprint,
             const typename T::Options& options) {
    const auto& pool = task_.data().candidates;
    const at::Tensor ids = torch::tensor(pool->ids, at::kLong);
    constexpr std::int64_t kMost = 1024;
    const std::int64_t asked = options.micro_batch > 0 ? options.micro_batch : kMost;
    const ScoringSpec scoring{.micro_batch = std::min(asked, kMost)};
    World* const world = task_.options().world;
    const RankRows part(world, all_rows(*pool), scoring.micro_batch);
    const Batch rows = task_.stored_as(Batch({pool, part.mine()}), options);
    const double joules = energy_.joules(), seconds = processor_seconds();
    const auto write_cost = [&] {
      const double own = processor_seconds() - seconds;
      const double all = world == nullptr ? own : world->sum(own);
      on_first(world, [&] { write_store_cost(path, {all, energy_.joules() - joules}); });
    };
    if constexpr (EmbedsPairs<typename T::Model, Batch>) {
      const Embeddings all = part.of_all(score_embeddings(reference_.model, rows, scoring));
      write_cost();
      on_first(world, [&] { write_embedding_store(path, {all, ids, fingerprint}); });
    } else {
      const at::Tensor losses = part.of_all(score_losses(reference_.model, rows, scoring));
      write_cost();
      on_first(world, [&] { write_loss_store(path, {losses, ids, fingerprint}); });
    }
  }

  const T& task_;
  ReferenceRun<T>& reference_;
  const RunEnergy& energy_;
  std::map<std::string, Store> stores_;
};

}  // namespace jest::apps::train

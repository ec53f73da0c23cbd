#pragma once
// What an experiment asks of a task: pairs, text or images. A task is data, models and a measure;
// everything else of an experiment is the same for all of them.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "jest/io/safetensors.hpp"
#include "jest/train/metrics.hpp"
#include "train/experiment_data.hpp"
#include "train/runs.hpp"

namespace jest::apps::train {

inline const std::string kValidation = "validation_";

/// What an evaluation gives. The first measure of a task decides; the others are shown beside it.
struct Measure {
  std::string name;
  std::string label;
  bool higher_is_better = true;
  std::string meaning = {};  ///< for the terms of a report
};

/// One measure over every held-out set, and, where there are several, over each.
std::vector<Measure> measures_over_sets(const Measure& measure,
                                        const std::vector<std::string>& sets);

/// The values of these measures from those of each set.
Values values_over_sets(const std::string& measure, const std::vector<std::string>& sets,
                        const std::vector<double>& values);

/// What a task's models see in the place of a whole batch; empty where they see all of it.
template <class Batch>
using View = std::function<Batch(const Batch&)>;

template <class T>
concept Task = requires(const T task, typename T::Model model, const typename T::Batch batch,
                        const typename T::Options options, const Method method, World* world) {
  typename T::Store;  // EmbeddingStore or LossStore
  { T::kName } -> std::convertible_to<std::string>;
  { T::kExamples } -> std::convertible_to<std::string>;  // what is trained on, in the plural
  { task.options() } -> std::same_as<const typename T::Options&>;
  { task.data() } -> std::same_as<const ExperimentData<typename T::Batch::Table>&>;
  { task.measures() } -> std::same_as<std::vector<Measure>>;
  // The ranks of a world, all of which call it, share the work.
  { task.evaluate(model, HeldOut::kReported, world) } -> std::same_as<Values>;

  { task.make_learner(std::uint64_t{}) } -> std::same_as<typename T::Model>;
  { task.make_reference(std::uint64_t{}) } -> std::same_as<typename T::Model>;
  task.guide_source(std::uint64_t{}).at(0);           // batches that a reference is trained on
  { task.guide_forwards() } -> std::same_as<double>;  // of an example of them, in forwards
  { T::load(std::declval<const SafetensorsFile&>()) } -> std::same_as<typename T::Model>;

  task.check_reference(model);  // throws unless a given one fits the data

  // What an arm's models see of the batches it trains on and scores, and what that costs.
  { task.trained_view(options, method) } -> std::same_as<View<typename T::Batch>>;
  { task.scored_view(options, method) } -> std::same_as<View<typename T::Batch>>;
  { task.training_flops(model, options, method) } -> std::same_as<double>;
  { task.scoring_flops(model, options, method) } -> std::same_as<double>;
  // What a reference sees whose results are stored; arms with one name share them.
  { task.stored_as(batch, options) } -> std::same_as<typename T::Batch>;
  { task.store_name(options) } -> std::same_as<std::string>;

  // Of a batch that is trained on: fields of a line of metrics.jsonl, or nothing.
  { task.batch_values(batch) } -> std::same_as<Values>;
  // A row for the eye: fields of a line of samples.
  { task.show(batch.rows().table(), std::int64_t{}) } -> std::same_as<nlohmann::ordered_json>;
};

/// Of the rows that are reported, and of those kept for choices, as validation_MEASURE.
template <Task T>
Values evaluate_all(const T& task, typename T::Model& model, World* world) {
  Values values = task.evaluate(model, HeldOut::kReported, world);
  if (task.options().validation_share == 0) return values;
  for (const auto& [name, value] : task.evaluate(model, HeldOut::kValidation, world)) {
    values[kValidation + name] = value;
  }
  return values;
}

}  // namespace jest::apps::train

#include "train/labels/labels_task.hpp"

#include <algorithm>

#include "jest/learner/scoring.hpp"
#include "train/images/picture.hpp"
#include "train/model_memory.hpp"
#include "train/ranks.hpp"

namespace jest::apps::train {
namespace {

const Measure kAccuracy{
    "accuracy", "accuracy", true,
    "Share of the evaluation's pictures whose label the model finds most probable. Where there are "
    "several evaluation sets, accuracy by itself is the mean over them."};
constexpr std::int64_t kEvaluatedAtOnce = 500;

/// Models say a number: it must mean the same in every table.
void check_same_labels(const char* option, const std::vector<std::string>& labels,
                       const std::vector<std::string>& pool) {
  const auto [differs, wanted] = std::ranges::mismatch(labels, pool);
  if (differs == labels.end() && wanted == pool.end()) return;
  const auto name = [](auto label, auto end) {
    return label == end ? std::string("no more labels") : "'" + *label + "'";
  };
  refuse(option,
         text("the labels of --pool in their order, line ", wanted - pool.begin() + 1,
              " of names.txt ", name(wanted, pool.end())),
         name(differs, labels.end()));
}

void check_labels(const ExperimentData<NamedImages>& data) {
  if (data.pool->side % 8 != 0) {
    refuse("--pool", "images of a side that 8 divides", data.pool->side);
  }
  const auto check = [&](const char* option, const NamedImages& table) {
    if (table.side != data.pool->side) {
      refuse(option, text("images of side ", data.pool->side, " as in --pool"), table.side);
    }
    check_same_labels(option, table.texts, data.pool->texts);
  };
  check("--curated", *data.curated);
  for (const auto& set : data.eval) check("--eval", *set.table);
}

}  // namespace

LabelsTask::LabelsTask(Options options)
    : options_(std::move(options)), data_(read_data<NamedImages>(options_, [](const auto& path) {
        return read_named_images(path);
      })) {
  check_labels(data_);
  if (mixes(options_)) data_.candidates = joined(data_.pool, data_.curated);
  check_model_memory("--channels, --hidden", parameters_of(learner_spec()));
  if (options_.reference.empty()) {
    check_model_memory("--reference-channels, --reference-hidden", parameters_of(reference_spec()));
  }
}

std::vector<Measure> LabelsTask::measures() const {
  return measures_over_sets(kAccuracy, data_.set_names());
}

Values LabelsTask::evaluate(Model& model, HeldOut part, World* world) const {
  std::vector<double> values;
  for (const auto& set : data_.eval) {
    const RankRows rows(world, set.of(part), kEvaluatedAtOnce);
    const ImageBatch mine({set.table, rows.mine()});
    const at::Tensor logits =
        score_rows("logits", model, mine, {.micro_batch = kEvaluatedAtOnce},
                   [&](const ImageBatch& some) { return model->logits(some); });
    const at::Tensor own = logits.gather(1, labels_of(mine).to(logits.device()).unsqueeze(1));
    // Whatever does not score below the right label counts against it: ties, and NaN.
    const at::Tensor below = rows.of_all((logits < own).sum(1));
    const auto right = below.eq(logits.size(1) - 1).sum().item<std::int64_t>();
    values.push_back(static_cast<double>(right) / static_cast<double>(set.of(part).size()));
  }
  return values_over_sets(kAccuracy.name, data_.set_names(), values);
}

LabelNetworkSpec LabelsTask::learner_spec() const {
  return {.labels = std::ssize(data_.pool->texts),
          .side = data_.pool->side,
          .channels = options_.channels,
          .hidden = options_.hidden};
}

LabelNetworkSpec LabelsTask::reference_spec() const {
  LabelNetworkSpec spec = learner_spec();
  spec.channels = options_.reference_channels;
  spec.hidden = options_.reference_hidden;
  return spec;
}

LabelNetwork LabelsTask::make_learner(std::uint64_t seed) const {
  return make_label_network(learner_spec(), seed);
}

LabelNetwork LabelsTask::make_reference(std::uint64_t seed) const {
  return make_label_network(reference_spec(), seed);
}

TableSource<ImageBatch> LabelsTask::guide_source(std::uint64_t seed) const {
  return {data_.curated, {options_.count, seed}};
}

void LabelsTask::check_reference(const Model& reference) const {
  const auto labels = std::ssize(data_.pool->texts);
  if (reference->spec().labels == labels && reference->spec().side == data_.pool->side) return;
  refuse("--reference", text("a model of ", labels, " labels and side ", data_.pool->side),
         reference->spec().labels, " and ", reference->spec().side);
}

nlohmann::ordered_json LabelsTask::show(const NamedImages& table, std::int64_t row) const {
  return {{"image", picture_uri(table.image(row), table.side)}, {"y", table.name(row)}};
}

}  // namespace jest::apps::train

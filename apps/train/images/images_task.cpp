#include "train/images/images_task.hpp"

#include <set>

#include "jest/learner/scoring.hpp"
#include "jest/torch/embeddings.hpp"
#include "train/images/picture.hpp"
#include "train/model_memory.hpp"
#include "train/repeated.hpp"

namespace jest::apps::train {
namespace {

const Measure kRecall{
    "r_at_1", "R@1", true,
    "Share of the evaluation's pictures whose true name is ranked first, and of its names whose "
    "picture is: the mean of both. Where there are several evaluation sets, R@1 by itself is the "
    "mean over them."};

/// `most` rows of distinct names, spread evenly over those there are; 0: a row of every name.
std::vector<std::int64_t> distinct_rows(const NamedImages& table, std::int64_t most) {
  std::set<std::int32_t> seen;
  std::vector<std::int64_t> firsts;
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    if (seen.insert(table.names[row]).second) firsts.push_back(row);
  }
  const auto names = static_cast<std::int64_t>(firsts.size());
  const std::int64_t count = most == 0 ? names : std::min(most, names);
  std::vector<std::int64_t> rows;
  for (std::int64_t k = 0; k < count; ++k) rows.push_back(firsts[k * names / count]);
  return rows;
}

void check_sides(const ExperimentData<NamedImages>& data) {
  if (data.pool->side % 16 != 0) {
    refuse("--pool", "images of a side that 16 divides", data.pool->side);
  }
  const auto check = [&](const char* option, const NamedImages& table) {
    if (table.side == data.pool->side) return;
    refuse(option, text("images of side ", data.pool->side, " as in --pool"), table.side);
  };
  check("--curated", *data.curated);
  for (const auto& set : data.eval) check("--eval", *set.table);
}

}  // namespace

ImagesTask::ImagesTask(Options options)
    : options_(std::move(options)), data_(read_data<NamedImages>(options_, [](const auto& path) {
        return read_named_images(path);
      })) {
  check_sides(data_);
  check_model_memory("--channels, --hidden", parameters_of(learner_spec()));
  if (options_.reference.empty()) {
    check_model_memory("--reference-channels, --reference-hidden", parameters_of(reference_spec()));
  }
  for (auto& set : data_.eval) {
    const auto names = static_cast<std::int64_t>(distinct_rows(*set.table, 0).size());
    AtLeast{2}("--eval, distinct names", names);
    set.evaluated = distinct_rows(*set.table, options_.eval_rows);
  }
}

std::vector<Measure> ImagesTask::measures() const {
  return measures_over_sets(kRecall, data_.set_names());
}

Values ImagesTask::evaluate(Model& model) const {
  std::vector<double> values;
  for (const auto& set : data_.eval) {
    const ImageBatch batch({set.table, set.evaluated});
    const Embeddings embeddings = score_embeddings(model, batch, {.micro_batch = 256});
    values.push_back(retrieval_recall(embeddings).at_1);
  }
  return values_over_sets(kRecall.name, data_.set_names(), values);
}

GlyphTowersSpec ImagesTask::learner_spec() const {
  return {.side = data_.pool->side,
          .channels = options_.channels,
          .hidden = options_.hidden,
          .initial_bias = options_.bias.at(options_.count)};
}

GlyphTowersSpec ImagesTask::reference_spec() const {
  GlyphTowersSpec spec = learner_spec();
  spec.channels = options_.reference_channels;
  spec.hidden = options_.reference_hidden;
  return spec;
}

GlyphTowers ImagesTask::make_learner(std::uint64_t seed) const {
  return make_glyph_towers(learner_spec(), seed);
}

GlyphTowers ImagesTask::make_reference(std::uint64_t seed) const {
  return make_glyph_towers(reference_spec(), seed);
}

void ImagesTask::check_reference(const Model& reference) const {
  if (reference->spec().side == data_.pool->side) return;
  refuse("--reference", text("a model of images of side ", data_.pool->side),
         reference->spec().side);
}

TableSource<ImageBatch> ImagesTask::guide_source(std::uint64_t seed) const {
  return {data_.curated, {options_.count, seed}};
}

View<ImageBatch> ImagesTask::trained_view(const Options& options, const Method& method) const {
  if (!method.cheaper_view) return {};
  return [share = options.half_resolution](const Batch& batch) { return batch.mixed(share); };
}

View<ImageBatch> ImagesTask::scored_view(const Options&, const Method& method) const {
  if (!method.cheaper_view) return {};
  return [](const Batch& batch) { return batch.seen_at(Resolution::kHalf); };
}

double ImagesTask::training_flops(const Model& model, const Options& options,
                                  const Method& method) const {
  const double full = model->forward_flops(Resolution::kFull);
  if (!method.cheaper_view) return full;
  const double share = options.half_resolution;
  return (1 - share) * full + share * model->forward_flops(Resolution::kHalf);
}

double ImagesTask::scoring_flops(const Model& model, const Options&, const Method& method) const {
  return model->forward_flops(method.cheaper_view ? Resolution::kHalf : Resolution::kFull);
}

Values ImagesTask::batch_values(const Batch& batch) const {
  const auto& rows = batch.rows();
  const auto name = [&](std::int64_t k) { return rows.table().names[rows.rows()[k]]; };
  return {{"repeated", repeated_share(rows.size(), name)}};
}

nlohmann::ordered_json ImagesTask::show(const NamedImages& table, std::int64_t row) const {
  return {{"image", picture_uri(table.image(row), table.side)}, {"y", table.name(row)}};
}

}  // namespace jest::apps::train

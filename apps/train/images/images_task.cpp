#include "train/images/images_task.hpp"

#include <iostream>
#include <set>

#include "jest/learner/scoring.hpp"
#include "jest/torch/embeddings.hpp"
#include "train/formats/shard_images.hpp"
#include "train/images/picture.hpp"
#include "train/model_memory.hpp"
#include "train/ranks.hpp"
#include "train/repeated.hpp"

namespace jest::apps::train {
namespace {

const Measure kRecall{
    "r_at_1", "R@1", true,
    "Share of the evaluation's pictures whose true name is ranked first, and of its names whose "
    "picture is: the mean of both. Where there are several evaluation sets, R@1 by itself is the "
    "mean over them."};

/// The first row of every name.
std::vector<std::int64_t> distinct_rows(const NamedImages& table) {
  std::set<std::int32_t> seen;
  std::vector<std::int64_t> firsts;
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    if (seen.insert(table.names[row]).second) firsts.push_back(row);
  }
  return firsts;
}

/// All tables show pictures of one kind.
void check_alike(const ExperimentData<NamedImages>& data) {
  const auto kind = [](const NamedImages& table) {
    return text(table.shards ? "shards" : "grey images", " of side ", table.side);
  };
  const auto check = [&](const char* option, const NamedImages& table) {
    if (kind(table) == kind(*data.pool)) return;
    refuse(option, kind(*data.pool) + " as in --pool", kind(table));
  };
  check("--curated", *data.curated);
  for (const auto& set : data.eval) check("--eval", *set.table);
}

std::shared_ptr<const NamedImages> read_images(const ImagesOptions& options,
                                               const std::filesystem::path& path) {
  if (path.extension() != ".tar") return read_named_images(path);
  const auto table = read_shard_images(options.shards(path));
  for (const std::string& remark : remarks_of(path, *table)) std::cerr << remark << '\n';
  return table;
}

}  // namespace

ImagesTask::ImagesTask(Options options)
    : options_(std::move(options)), data_(read_data<NamedImages>(options_, [&](const auto& path) {
        return read_images(options_, path);
      })) {
  check_alike(data_);
  if (mixes(options_)) data_.candidates = joined(data_.pool, data_.curated);
  if (tower() == "conv") {
    if (data_.pool->colours != 1) refuse("--image-tower", "resnet or vit for shards", "conv");
    if (data_.pool->side % 16 != 0) {
      refuse("--pool", "images of a side that 16 divides", data_.pool->side);
    }
  } else {
    check_picture_tower(caption_spec(learner_sizes()).picture);
  }
  check_model_memory("--channels, --hidden", parameters(learner_sizes()));
  if (options_.reference.empty()) {
    check_model_memory("--reference-channels, --reference-hidden", parameters(reference_sizes()));
  }
  for (auto& set : data_.eval) {
    const std::vector<std::int64_t> rows = distinct_rows(*set.table);
    AtLeast{2}("--eval, distinct names", std::ssize(rows));
    set.rows = share_out(*set.table, rows, options_, options_.eval_rows);
  }
}

std::vector<Measure> ImagesTask::measures() const {
  return measures_over_sets(kRecall, data_.set_names());
}

Values ImagesTask::evaluate(Model& model, HeldOut part, World* world) const {
  constexpr std::int64_t kAtOnce = 256;
  std::vector<double> values;
  for (const auto& set : data_.eval) {
    const RankRows rows(world, set.of(part), kAtOnce);
    const ImageBatch batch({set.table, rows.mine()});
    const Embeddings embeddings = score_embeddings(model, batch, {.micro_batch = kAtOnce});
    values.push_back(retrieval_recall(rows.of_all(embeddings)).at_1);
  }
  return values_over_sets(kRecall.name, data_.set_names(), values);
}

std::string ImagesTask::tower() const {
  if (options_.image_tower != "default") return options_.image_tower;
  return data_.pool->shards ? "resnet" : "conv";
}

GlyphTowersSpec ImagesTask::glyph_spec(const Sizes& sizes) const {
  return {.side = data_.pool->side,
          .channels = sizes.channels,
          .hidden = sizes.hidden,
          .initial_bias = options_.bias.at(options_.count)};
}

CaptionTowersSpec ImagesTask::caption_spec(const Sizes& sizes) const {
  return {.picture = {.kind = tower(),
                      .side = data_.pool->side,
                      .colours = data_.pool->colours,
                      .channels = sizes.channels,
                      .depth = sizes.depth},
          .buckets = data_.pool->buckets,
          .hidden = sizes.hidden,
          .initial_bias = options_.bias.at(options_.count)};
}

double ImagesTask::parameters(const Sizes& sizes) const {
  return tower() == "conv" ? parameters_of(glyph_spec(sizes)) : parameters_of(caption_spec(sizes));
}

ImageTowers ImagesTask::make_towers(const Sizes& sizes, std::uint64_t seed) const {
  if (tower() == "conv") return AnyTowers(make_glyph_towers(glyph_spec(sizes), seed).ptr());
  return AnyTowers(make_caption_towers(caption_spec(sizes), seed).ptr());
}

ImageTowers ImagesTask::make_learner(std::uint64_t seed) const {
  return make_towers(learner_sizes(), seed);
}

ImageTowers ImagesTask::make_reference(std::uint64_t seed) const {
  return make_towers(reference_sizes(), seed);
}

void ImagesTask::check_reference(const Model& reference) const {
  const NamedImages& pool = *data_.pool;
  if (reference->side() == pool.side && reference->colours() == pool.colours) return;
  const auto words = [](std::int64_t side, std::int64_t colours) {
    return text("images of side ", side, ", ", colours == 1 ? "grey" : "RGB");
  };
  refuse("--reference", "a model of " + words(pool.side, pool.colours),
         words(reference->side(), reference->colours()));
}

TableSource<ImageBatch> ImagesTask::guide_source(std::uint64_t seed) const {
  const Shard part = part_of_rank(options_.world, options_.count);
  return {data_.curated, {.size = options_.count, .seed = seed, .part = part}};
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
  const double full = forward_flops(model, Resolution::kFull);
  if (!method.cheaper_view) return full;
  const double share = options.half_resolution;
  return (1 - share) * full + share * forward_flops(model, Resolution::kHalf);
}

double ImagesTask::scoring_flops(const Model& model, const Options&, const Method& method) const {
  return forward_flops(model, method.cheaper_view ? Resolution::kHalf : Resolution::kFull);
}

double ImagesTask::forward_flops(const Model& model, Resolution resolution) const {
  return model->forward_flops(resolution, data_.pool->words.mean());
}

Values ImagesTask::batch_values(const Batch& batch) const {
  const auto& rows = batch.rows();
  const auto name = [&](std::int64_t k) { return rows.table().names[rows.rows()[k]]; };
  return {{"repeated", repeated_share(rows.size(), name)}};
}

nlohmann::ordered_json ImagesTask::show(const NamedImages& table, std::int64_t row) const {
  const std::int64_t rows[] = {row};
  const at::Tensor image = table.images(rows)[0];
  const std::span pixels(image.data_ptr<std::uint8_t>(), image.numel());
  const std::string uri =
      table.colours == 1 ? picture_uri(pixels, table.side) : colour_picture_uri(pixels, table.side);
  return {{"image", uri}, {"y", table.name(row)}};
}

}  // namespace jest::apps::train

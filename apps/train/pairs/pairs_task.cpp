#include "train/pairs/pairs_task.hpp"

#include "jest/learner/scoring.hpp"
#include "jest/torch/embeddings.hpp"
#include "train/model_memory.hpp"
#include "train/ranks.hpp"
#include "train/repeated.hpp"

namespace jest::apps::train {
namespace {

cached::CountedRows<std::uint8_t> rows_to_count(const std::vector<std::string>& side) {
  cached::CountedRows<std::uint8_t> rows;
  for (const std::string& text : side) rows.add(text);
  return rows;
}

CountedLosses count_side(const ExperimentData<TextPairs>& data,
                         std::vector<std::string> TextPairs::*side, CountKind kind) {
  const auto rows_of = [&](const TextPairs& table) { return rows_to_count(table.*side); };
  return cached::counted_losses(rows_of(*data.curated), rows_of(*data.pool),
                                rows_of(*data.candidates), cached::count_spec<std::uint8_t>(kind));
}

}  // namespace

PairsTask::PairsTask(Options options)
    : options_(std::move(options)),
      data_(
          read_data<TextPairs>(options_, [](const auto& path) { return read_text_pairs(path); })) {
  if (data_.eval.size() > 1) refuse("--eval", "one file of pairs", data_.eval.size());
  if (mixes(options_)) data_.candidates = joined(*data_.pool, *data_.curated);
  if (options_.reference.empty()) {
    check_model_memory("--reference-width, --reference-hidden", parameters_of(reference_spec()));
  }
  const std::int64_t negatives = options_.reference_negatives;
  if (options_.reference.empty() && negatives > data_.pool->rows()) {
    refuse("--reference-negatives", text("at most the ", data_.pool->rows(), " rows of --pool"),
           negatives);
  }
}

std::vector<Measure> PairsTask::measures() const {
  return {{"r_at_1", "R@1", true,
           "Share of evaluation queries whose true partner is ranked first (R@10: among the first "
           "ten)."},
          {"r_at_10", "R@10"}};
}

Values PairsTask::evaluate(Model& model, HeldOut part, World* world) const {
  const auto& set = data_.eval.front();
  constexpr std::int64_t kAtOnce = 1024;
  const RankRows rows(world, set.of(part), kAtOnce);
  const Batch batch({set.table, rows.mine()});
  const auto recall =
      retrieval_recall(rows.of_all(score_embeddings(model, batch, {.micro_batch = kAtOnce})));
  return {{"r_at_1", recall.at_1}, {"r_at_10", recall.at_10}};
}

TextTowers PairsTask::make_learner(std::uint64_t seed) const {
  return make_text_towers({.initial_bias = options_.bias.at(options_.count)}, seed);
}

TextTowersSpec PairsTask::reference_spec() const {
  return {.width = options_.reference_width,
          .hidden = options_.reference_hidden,
          .initial_bias = options_.bias.at(options_.count)};
}

TextTowers PairsTask::make_reference(std::uint64_t seed) const {
  return make_text_towers(reference_spec(), seed);
}

void PairsTask::check_reference(const Model& reference) const {
  const std::int64_t buckets = TextFeatureSpec{}.buckets;
  if (reference->spec().buckets == buckets) return;
  refuse("--reference", text("a model of ", buckets, " buckets"), reference->spec().buckets);
}

GuideSource PairsTask::guide_source(std::uint64_t seed) const {
  return {data_.curated,
          data_.pool,
          {.count = options_.count,
           .negatives = options_.reference_negatives,
           .dropout = options_.reference_dropout,
           .seed = seed}};
}

double PairsTask::guide_forwards() const {
  return 1 + static_cast<double>(options_.reference_negatives) / options_.count;
}

double PairsTask::training_flops(const Model& model, const Options&, const Method&) const {
  return forward_flops(model->spec(),
                       data_.pool->x_features.mean() + data_.pool->y_features.mean());
}

double PairsTask::scoring_flops(const Model& model, const Options& options,
                                const Method& method) const {
  return training_flops(model, options, method);
}

Values PairsTask::batch_values(const Batch& batch) const {
  const auto& rows = batch.rows();
  const TextPairs& table = rows.table();
  const auto x = [&](std::int64_t k) { return std::string_view(table.x[rows.rows()[k]]); };
  const auto y = [&](std::int64_t k) { return std::string_view(table.y[rows.rows()[k]]); };
  return {{"repeated", repeated_share(rows.size(), x, y)}};
}

CountedLosses PairsTask::count(const CountsName& name) const {
  if (name.part == "x") return count_side(data_, &TextPairs::x, name.kind);
  if (name.part == "y") return count_side(data_, &TextPairs::y, name.kind);
  CountedLosses both = count_side(data_, &TextPairs::x, name.kind);
  const CountedLosses y = count_side(data_, &TextPairs::y, name.kind);
  for (std::size_t k = 0; k < both.losses.size(); ++k) {
    both.losses[k] = (both.losses[k] + y.losses[k]) / 2;
  }
  both.operations += y.operations;
  return both;
}

nlohmann::ordered_json PairsTask::show(const TextPairs& table, std::int64_t row) const {
  return {{"x", table.x[row]}, {"y", table.y[row]}};
}

}  // namespace jest::apps::train

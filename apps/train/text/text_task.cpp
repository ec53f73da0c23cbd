#include "train/text/text_task.hpp"

#include <cmath>
#include <numbers>

#include "jest/learner/scoring.hpp"
#include "train/model_memory.hpp"
#include "train/ranks.hpp"
#include "train/text/near_duplicates.hpp"

namespace jest::apps::train {
namespace {

const Measure kBitsPerByte{"bits_per_byte", "bits per byte", false,
                           "Mean over the bytes of the evaluation text of the negative base-2 "
                           "logarithm of the probability "
                           "that the model gave to the byte: lower is better. Where there are "
                           "several evaluation sets, the "
                           "value by itself is the mean over them."};

void check_lengths(const ExperimentData<ByteTable>& data) {
  for (const auto& set : data.eval) {
    if (set.table->length == data.pool->length) continue;
    refuse("--eval", text("sequences of ", data.pool->length, " bytes as in --pool"),
           set.table->length);
  }
  if (data.curated->length != data.pool->length) {
    refuse("--curated", text("sequences of ", data.pool->length, " bytes as in --pool"),
           data.curated->length);
  }
}

template <class Unit>
cached::CountedRows<Unit> rows_to_count(const ByteTable& table) {
  cached::CountedRows<Unit> rows;
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    const auto bytes = table.of(row);
    rows.add({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  table.expect_unchanged();
  return rows;
}

template <class Unit>
CountedLosses count_by(const ExperimentData<ByteTable>& data, CountKind kind) {
  return cached::counted_losses(rows_to_count<Unit>(*data.curated), rows_to_count<Unit>(*data.pool),
                                rows_to_count<Unit>(*data.candidates),
                                cached::count_spec<Unit>(kind));
}

}  // namespace

TextTask::TextTask(Options options)
    : options_(std::move(options)),
      data_(read_data<ByteTable>(options_, [](const auto& path) { return read_bytes(path); })) {
  check_lengths(data_);
  check_model_memory("--width, --hidden, --layers", parameters_of(learner_spec()));
  if (options_.reference.empty()) {
    check_model_memory("--reference-width, --reference-hidden, --layers",
                       parameters_of(reference_spec()));
  }
  if (mixes(options_)) data_.candidates = joined(*data_.pool, *data_.curated);
  for (auto& set : data_.eval) {
    set.rows = share_out(*set.table, all_rows(*set.table), options_, options_.eval_rows);
  }
  for (const std::string& name : options_.arms) {
    const std::int64_t prefix =
        setup_of(find_arm(name, &Options::knows), options_).options.score_prefix;
    if (prefix <= data_.pool->length) continue;
    refuse("--score-prefix", text("at most the ", data_.pool->length, " bytes of a sequence"),
           prefix);
  }
}

std::vector<Measure> TextTask::measures() const {
  return measures_over_sets(kBitsPerByte, data_.set_names());
}

Values TextTask::evaluate(Model& model, HeldOut part, World* world) const {
  constexpr std::int64_t kAtOnce = 256;
  std::vector<double> values;
  for (const auto& set : data_.eval) {
    const RankRows rows(world, set.of(part), kAtOnce);
    const ByteBatch batch({set.table, rows.mine()});
    const at::Tensor losses = rows.of_all(score_losses(model, batch, {.micro_batch = kAtOnce}));
    values.push_back(losses.to(at::kDouble).mean().item<double>() / std::numbers::ln2);
  }
  return values_over_sets(kBitsPerByte.name, data_.set_names(), values);
}

ByteModelSpec TextTask::learner_spec() const {
  return {.kind = options_.model,
          .width = options_.width,
          .hidden = options_.hidden,
          .layers = options_.layers,
          .heads = options_.heads};
}

ByteModelSpec TextTask::reference_spec() const {
  ByteModelSpec spec = learner_spec();
  spec.width = options_.reference_width;
  spec.hidden = options_.reference_hidden;
  return spec;
}

ByteModel TextTask::make_learner(std::uint64_t seed) const {
  return make_byte_model(learner_spec(), seed);
}

ByteModel TextTask::make_reference(std::uint64_t seed) const {
  return make_byte_model(reference_spec(), seed);
}

TableSource<ByteBatch> TextTask::guide_source(std::uint64_t seed) const {
  return {data_.curated, {options_.count, seed}};
}

ByteBatch TextTask::stored_as(const Batch& batch, const Options& options) const {
  return prefix_of(batch, options);
}

View<ByteBatch> TextTask::scored_view(const Options& options, const Method&) const {
  return prefix_view<Batch>(options);
}

std::string TextTask::store_name(const Options& options) const {
  return prefix_store_name(options);
}

double TextTask::training_flops(const Model& model, const Options&, const Method&) const {
  return model->forward_flops(data_.pool->length);
}

double TextTask::scoring_flops(const Model& model, const Options& options,
                               const Method& method) const {
  const std::int64_t length = options.score_prefix == 0 ? data_.pool->length : options.score_prefix;
  const double sketches = method.needs_gradients() ? model->sketch_flops(length) : 0;
  return model->forward_flops(length) + sketches;
}

Values TextTask::batch_values(const Batch& batch) const {
  return {{"near_duplicates", near_duplicate_share(batch)}};
}

CountedLosses TextTask::count(const CountsName& name) const {
  return name.part == "words" ? count_by<std::uint32_t>(data_, name.kind)
                              : count_by<std::uint8_t>(data_, name.kind);
}

nlohmann::ordered_json TextTask::show(const ByteTable& table, std::int64_t row) const {
  const auto bytes = table.of(row);
  return {{"text", std::string(bytes.begin(), bytes.end())}};
}

}  // namespace jest::apps::train

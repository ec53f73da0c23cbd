#include "train/tokens/tokens_task.hpp"

#include <cmath>
#include <numbers>
#include <numeric>

#include "jest/io/atomic_file.hpp"
#include "jest/learner/scoring.hpp"
#include "train/formats/joined_labels.hpp"
#include "train/model_memory.hpp"
#include "train/ranks.hpp"

namespace jest::apps::train {
namespace {

const Measure kNats{"nats_per_token", "nats per token", false,
                    "Mean over the tokens of the evaluation rows of the negative logarithm of the "
                    "probability that the model gave to the token: lower is better. Where there "
                    "are several evaluation sets, the value by itself is the mean over them."};
const Measure kPerplexity{"perplexity", "perplexity", false,
                          "e to the nats per token: lower is better."};
const Measure kBits{"bits_per_byte", "bits per byte", false,
                    "The evaluation's nats over ln 2 and over the bytes of text that its tokens "
                    "stand for: comparable between tokenizers."};

/// Nats, tokens and bytes of the rows that an evaluation uses.
struct Sums {
  double nats = 0;
  double tokens = 0;
  double bytes = 0;
};

double value_of(const Measure& measure, const Sums& sums) {
  const double nats = sums.nats / sums.tokens;
  if (measure.name == kPerplexity.name) return std::exp(nats);
  return measure.name == kBits.name ? sums.nats / std::numbers::ln2 / sums.bytes : nats;
}

std::vector<Measure> measures_of(bool bytes_known) {
  std::vector<Measure> measures{kNats, kPerplexity};
  if (bytes_known) measures.push_back(kBits);
  return measures;
}

Decoder load_folder(const ModelName& name, const std::string& option) {
  Decoder model = load_decoder(name.folder);
  if (model->spec().shape != name.shape) {
    refuse(option, "a model of the shape that its name says",
           model->spec().shape == DecoderShape::kLlama ? "llama" : "gpt2");
  }
  return model;
}

cached::CountedRows<std::uint32_t> rows_to_count(const TokenTable& table) {
  cached::CountedRows<std::uint32_t> rows;
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    const std::vector<std::int64_t> tokens = table.of(row);
    const std::vector<std::uint32_t> units(tokens.begin(), tokens.end());
    rows.add_units(units);
  }
  table.expect_unchanged();
  return rows;
}

}  // namespace

TokensTask::TokensTask(Options options) : options_(std::move(options)) {
  if (!options_.tokenizer.empty()) tokenizer_.emplace(options_.tokenizer);
  data_ = read_data<TokenTable>(options_, [this](const auto& path) { return read({path}); });
  if (mixes(options_)) data_.candidates = read_joined();
  for (auto& set : data_.eval) {
    set.rows = share_out(*set.table, all_rows(*set.table), options_, options_.eval_rows);
  }
  vocabulary_ = options_.vocabulary > 0 ? options_.vocabulary : needed_vocabulary();
  check_model("--model", learner_spec());
  if (!parse_model_name("--model", options_.model).folder.empty()) make_learner(0);  // or refuse
  if (options_.reference.empty() && !options_.has_cached_reference()) {
    check_model("--reference-hidden, --reference-layers", reference_spec());
  }
}

std::shared_ptr<TokenTable> TokensTask::read(
    const std::vector<std::filesystem::path>& paths) const {
  TokenRows rows{.length = options_.length};
  if (options_.document_end >= 0) rows.document_end = options_.document_end;
  std::vector<TokenFile> files;
  for (const auto& path : paths) {
    for (const auto& file : token_files(path)) files.emplace_back(file, options_.type());
  }
  return std::make_shared<TokenTable>(std::move(files), rows);
}

/// The pool's rows, and behind them the curated ones.
std::shared_ptr<const TokenTable> TokensTask::read_joined() const {
  const auto table = read({options_.pool, options_.curated});
  static_cast<ExampleTable&>(*table) = joined_labels(*data_.pool, *data_.curated);
  return table;
}

std::int64_t TokensTask::needed_vocabulary() const {
  std::int64_t largest = std::max(data_.pool->largest(), data_.curated->largest());
  for (const auto& set : data_.eval) largest = std::max(largest, set.table->largest());
  return std::max(largest + 1, tokenizer_ ? tokenizer_->vocabulary() : 0);
}

/// Tokens and rows must fit the model before anything is trained.
void TokensTask::check_model(const std::string& option, const DecoderSpec& spec) const {
  if (options_.length > spec.positions) {
    refuse("--length", text("at most the ", spec.positions, " positions of the model"),
           options_.length);
  }
  if (tokenizer_ && tokenizer_->vocabulary() > spec.vocabulary) {
    refuse("--tokenizer", text("at most the ", spec.vocabulary, " tokens of the model"),
           tokenizer_->vocabulary());
  }
  data_.curated->expect_below(spec.vocabulary);
  data_.pool->expect_below(spec.vocabulary);
  for (const auto& set : data_.eval) set.table->expect_below(spec.vocabulary);
  check_model_memory(option, parameters_of(spec));
}

std::vector<Measure> TokensTask::measures() const {
  std::vector<Measure> all;
  for (const Measure& measure : measures_of(tokenizer_.has_value())) {
    const auto of_sets = measures_over_sets(measure, data_.set_names());
    all.insert(all.end(), of_sets.begin(), of_sets.end());
  }
  return all;
}

Values TokensTask::evaluate(Model& model, HeldOut part, World* world) const {
  constexpr std::int64_t kAtOnce = 64;
  const std::vector<Measure> measures = measures_of(tokenizer_.has_value());
  std::map<std::string, std::vector<double>> values;
  for (const auto& set : data_.eval) {
    const RankRows rows(world, set.of(part), kAtOnce);
    const TokenBatch batch({set.table, rows.mine()});
    const at::Tensor losses =
        rows.of_all(score_losses(model, batch, {.micro_batch = kAtOnce})).to(at::kCPU, at::kDouble);
    Sums sums;
    for (std::int64_t k = 0; k < std::ssize(set.of(part)); ++k) {
      const std::int64_t row = set.of(part)[k];
      const auto predicted = static_cast<double>(set.table->tokens(row) - 1);
      sums.tokens += predicted;
      sums.nats += predicted * losses[k].item<double>();
      if (tokenizer_) sums.bytes += tokenizer_->predicted_bytes(set.table->of(row));
    }
    for (const Measure& measure : measures) {
      values[measure.name].push_back(value_of(measure, sums));
    }
  }
  Values all;
  for (const Measure& measure : measures) {
    all.merge(values_over_sets(measure.name, data_.set_names(), values[measure.name]));
  }
  return all;
}

DecoderSpec TokensTask::learner_spec() const {
  const ModelName name = parse_model_name("--model", options_.model);
  if (!name.folder.empty()) {
    const auto config = name.folder / "config.json";
    return parse_decoder_config(read_file(config), config.string());
  }
  return complete({.shape = name.shape,
                   .vocabulary = vocabulary_,
                   .hidden = options_.hidden,
                   .layers = options_.layers,
                   .heads = options_.heads,
                   .key_heads = options_.key_heads,
                   .positions = options_.length});
}

DecoderSpec TokensTask::reference_spec() const {
  DecoderSpec spec = learner_spec();
  if (!parse_model_name("--model", options_.model).folder.empty()) return spec;
  if (options_.reference_layers > 0) spec.layers = options_.reference_layers;
  if (options_.reference_hidden > 0) {
    spec.hidden = options_.reference_hidden;
    spec.head_width = spec.expansion = 0;
  }
  return complete(spec);
}

Decoder TokensTask::make_learner(std::uint64_t seed) const {
  const ModelName name = parse_model_name("--model", options_.model);
  return name.folder.empty() ? make_decoder(learner_spec(), seed) : load_folder(name, "--model");
}

/// Of a model that is given, the reference is the same, and then trained on the curated rows.
Decoder TokensTask::make_reference(std::uint64_t seed) const {
  const ModelName name = parse_model_name("--model", options_.model);
  return name.folder.empty() ? make_decoder(reference_spec(), seed) : load_folder(name, "--model");
}

Decoder TokensTask::load_given(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) return load_decoder(path);
  if (std::filesystem::is_regular_file(path)) return load_decoder(SafetensorsFile(path));
  return load_folder(parse_model_name("--reference", path.string()), "--reference");
}

void TokensTask::check_reference(const Model& reference) const {
  check_model("--reference", reference->spec());
}

TableSource<TokenBatch> TokensTask::guide_source(std::uint64_t seed) const {
  return {data_.curated, {options_.count, seed}};
}

TokenBatch TokensTask::stored_as(const Batch& batch, const Options& options) const {
  return prefix_of(batch, options);
}

View<TokenBatch> TokensTask::scored_view(const Options& options, const Method&) const {
  return prefix_view<Batch>(options);
}

std::string TokensTask::store_name(const Options& options) const {
  return prefix_store_name(options);
}

/// Tokens that a row of the pool predicts; padding is not counted.
double TokensTask::mean_length() const {
  double tokens = 0;
  for (std::int64_t row = 0; row < data_.pool->rows(); ++row) {
    tokens += static_cast<double>(data_.pool->tokens(row) - 1);
  }
  return tokens / static_cast<double>(data_.pool->rows());
}

double TokensTask::training_flops(const Model& model, const Options&, const Method&) const {
  return model->forward_flops(std::llround(mean_length()));
}

double TokensTask::scoring_flops(const Model& model, const Options& options,
                                 const Method& method) const {
  const std::int64_t whole = std::llround(mean_length());
  const std::int64_t length =
      options.score_prefix == 0 ? whole : std::min(whole, options.score_prefix);
  const double sketches = method.needs_gradients() ? model->sketch_flops(length) : 0;
  return model->forward_flops(length) + sketches;
}

CountedLosses TokensTask::count(const CountsName& name) const {
  CountGuideSpec spec = cached::count_spec<std::uint32_t>(name.kind);
  spec.alphabet = std::max(data_.curated->largest(), data_.pool->largest()) + 1;
  return cached::counted_losses(rows_to_count(*data_.curated), rows_to_count(*data_.pool),
                                rows_to_count(*data_.candidates), spec);
}

nlohmann::ordered_json TokensTask::show(const TokenTable& table, std::int64_t row) const {
  const std::vector<std::int64_t> tokens = table.of(row);
  if (tokenizer_) return {{"text", tokenizer_->text_of(tokens)}};
  std::string all;
  for (const std::int64_t token : tokens) {
    if (!all.empty()) all += ' ';
    all += std::to_string(token);
  }
  return {{"text", all}};
}

}  // namespace jest::apps::train

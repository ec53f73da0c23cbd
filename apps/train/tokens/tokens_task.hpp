#pragma once
// Language modelling over tokens, measured in nats a token, perplexity, and bits a byte.

#include <optional>

#include "jest/data/token_table.hpp"
#include "jest/learner/decoder.hpp"
#include "jest/learner/stores.hpp"
#include "train/counts_reference.hpp"
#include "train/formats/tokenizer.hpp"
#include "train/task.hpp"
#include "train/tokens/tokens_options.hpp"

namespace jest::apps::train {

class TokensTask {
 public:
  using Options = TokensOptions;
  using Model = Decoder;
  using Batch = TokenBatch;
  using Store = LossStore;
  static constexpr const char* kName = "tokens";
  static constexpr const char* kExamples = "rows of tokens";

  /// Reads the tables; throws when they are too small for the sizes asked for, and where a token is
  /// none of the models'.
  explicit TokensTask(Options options);

  const Options& options() const { return options_; }
  const ExperimentData<TokenTable>& data() const { return data_; }
  std::vector<Measure> measures() const;
  Values evaluate(Model& model, HeldOut part, World* world) const;

  Model make_learner(std::uint64_t seed) const;
  Model make_reference(std::uint64_t seed) const;
  TableSource<TokenBatch> guide_source(std::uint64_t seed) const;
  double guide_forwards() const { return 1; }
  void check_reference(const Model& reference) const;
  static Model load(const SafetensorsFile& file) { return load_decoder(file); }
  /// A file that a run left, llama:FOLDER, or a folder.
  static Model load_given(const std::filesystem::path& path);

  View<Batch> trained_view(const Options&, const Method&) const { return {}; }
  View<Batch> scored_view(const Options& options, const Method&) const;
  Batch stored_as(const Batch& batch, const Options& options) const;
  std::string store_name(const Options& options) const;
  double training_flops(const Model& model, const Options&, const Method&) const;
  double scoring_flops(const Model& model, const Options& options, const Method& method) const;
  Values batch_values(const Batch&) const { return {}; }

  /// Whole rows, by pairs of tokens or each token given the two before it, as words.
  CountedLosses count(const CountsName& name) const;

  nlohmann::ordered_json show(const TokenTable& table, std::int64_t row) const;

 private:
  std::shared_ptr<TokenTable> read(const std::vector<std::filesystem::path>& paths) const;
  std::shared_ptr<const TokenTable> read_joined() const;
  DecoderSpec learner_spec() const;
  DecoderSpec reference_spec() const;
  void check_model(const std::string& option, const DecoderSpec& spec) const;
  std::int64_t needed_vocabulary() const;
  double mean_length() const;

  Options options_;
  std::optional<Tokenizer> tokenizer_;
  ExperimentData<TokenTable> data_;
  std::int64_t vocabulary_ = 0;  ///< of models from scratch
};

}  // namespace jest::apps::train

#pragma once
// Language modelling over bytes, measured in bits per byte.

#include "jest/learner/stores.hpp"
#include "train/counts_reference.hpp"
#include "train/formats/byte_table.hpp"
#include "train/task.hpp"
#include "train/text/byte_model.hpp"
#include "train/text/text_options.hpp"

namespace jest::apps::train {

class TextTask {
 public:
  using Options = TextOptions;
  using Model = ByteModel;
  using Batch = ByteBatch;
  using Store = LossStore;
  static constexpr const char* kName = "text";
  static constexpr const char* kExamples = "rows of text";

  /// Reads the tables; throws when they are too small for the sizes asked for.
  explicit TextTask(Options options);

  const Options& options() const { return options_; }
  const ExperimentData<ByteTable>& data() const { return data_; }
  std::vector<Measure> measures() const;
  Values evaluate(Model& model, HeldOut part, World* world) const;

  Model make_learner(std::uint64_t seed) const;
  Model make_reference(std::uint64_t seed) const;
  TableSource<ByteBatch> guide_source(std::uint64_t seed) const;
  double guide_forwards() const { return 1; }
  void check_reference(const Model&) const {}
  static Model load(const SafetensorsFile& file) { return load_byte_model(file); }

  View<Batch> trained_view(const Options&, const Method&) const { return {}; }
  View<Batch> scored_view(const Options& options, const Method&) const;
  Batch stored_as(const Batch& batch, const Options& options) const;
  std::string store_name(const Options& options) const;
  double training_flops(const Model& model, const Options&, const Method&) const;
  double scoring_flops(const Model& model, const Options& options, const Method& method) const;
  Values batch_values(const Batch& batch) const;
  /// Whole rows, by bytes or words.
  CountedLosses count(const CountsName& name) const;

  nlohmann::ordered_json show(const ByteTable& table, std::int64_t row) const;

 private:
  ByteModelSpec learner_spec() const;
  ByteModelSpec reference_spec() const;

  Options options_;
  ExperimentData<ByteTable> data_;
};

}  // namespace jest::apps::train

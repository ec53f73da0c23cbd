#pragma once
// Text pairs: two towers over bags of hashed features, measured by retrieval.

#include "jest/learner/stores.hpp"
#include "train/counts_reference.hpp"
#include "train/pairs/guide.hpp"
#include "train/pairs/pairs_options.hpp"
#include "train/pairs/text_towers.hpp"
#include "train/task.hpp"

namespace jest::apps::train {

class PairsTask {
 public:
  using Options = PairsOptions;
  using Model = TextTowers;
  using Batch = TextPairBatch;
  using Store = EmbeddingStore;
  static constexpr const char* kName = "pairs";
  static constexpr const char* kExamples = "pairs";

  /// Reads the tables; throws when they are too small for the sizes asked for.
  explicit PairsTask(Options options);

  const Options& options() const { return options_; }
  const ExperimentData<TextPairs>& data() const { return data_; }
  std::vector<Measure> measures() const;
  Values evaluate(Model& model, HeldOut part, World* world) const;

  Model make_learner(std::uint64_t seed) const;
  Model make_reference(std::uint64_t seed) const;
  GuideSource guide_source(std::uint64_t seed) const;
  static GuideLoss guide_objective() { return {}; }
  /// A curated pair's share of the negatives costs as much as the pair itself would.
  double guide_forwards() const;
  void check_reference(const Model& reference) const;
  static Model load(const SafetensorsFile& file) { return load_text_towers(file); }

  View<Batch> trained_view(const Options&, const Method&) const { return {}; }
  View<Batch> scored_view(const Options&, const Method&) const { return {}; }
  Batch stored_as(const Batch& batch, const Options&) const { return batch; }
  std::string store_name(const Options&) const { return "reference_embeddings"; }
  double training_flops(const Model& model, const Options&, const Method&) const;
  double scoring_flops(const Model& model, const Options&, const Method& method) const;

  Values batch_values(const Batch& batch) const;
  /// Bytes of a side; of both, the mean of the losses of each.
  CountedLosses count(const CountsName& name) const;
  nlohmann::ordered_json show(const TextPairs& table, std::int64_t row) const;

 private:
  TextTowersSpec reference_spec() const;

  Options options_;
  ExperimentData<TextPairs> data_;
};

}  // namespace jest::apps::train

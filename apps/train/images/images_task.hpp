#pragma once
// Images and their names: a tower for each side, measured by retrieval.

#include "jest/learner/stores.hpp"
#include "train/formats/named_images.hpp"
#include "train/images/caption_towers.hpp"
#include "train/images/glyph_towers.hpp"
#include "train/images/image_towers.hpp"
#include "train/images/images_options.hpp"
#include "train/task.hpp"

namespace jest::apps::train {

class ImagesTask {
 public:
  using Options = ImagesOptions;
  using Model = ImageTowers;
  using Batch = ImageBatch;
  using Store = EmbeddingStore;
  static constexpr const char* kName = "images";
  static constexpr const char* kExamples = "pictures";

  /// Reads the tables; throws when they are too small for the sizes asked for.
  explicit ImagesTask(Options options);

  const Options& options() const { return options_; }
  const ExperimentData<NamedImages>& data() const { return data_; }
  std::vector<Measure> measures() const;
  Values evaluate(Model& model, HeldOut part, World* world) const;

  Model make_learner(std::uint64_t seed) const;
  Model make_reference(std::uint64_t seed) const;
  TableSource<ImageBatch> guide_source(std::uint64_t seed) const;
  double guide_forwards() const { return 1; }
  void check_reference(const Model& reference) const;
  static Model load(const SafetensorsFile& file) { return load_image_towers(file); }

  /// A flexi arm scores at half resolution and trains a share of its batch so.
  View<Batch> trained_view(const Options& options, const Method& method) const;
  View<Batch> scored_view(const Options&, const Method& method) const;
  Batch stored_as(const Batch& batch, const Options&) const {
    return batch.seen_at(Resolution::kFull);
  }
  std::string store_name(const Options&) const { return "reference_embeddings"; }
  double training_flops(const Model& model, const Options& options, const Method& method) const;
  double scoring_flops(const Model& model, const Options&, const Method& method) const;

  Values batch_values(const Batch& batch) const;
  nlohmann::ordered_json show(const NamedImages& table, std::int64_t row) const;

 private:
  /// Sizes that learner and reference may differ in.
  struct Sizes {
    std::int64_t channels, hidden, depth;
  };
  Sizes learner_sizes() const { return {options_.channels, options_.hidden, options_.depth}; }
  Sizes reference_sizes() const {
    return {options_.reference_channels, options_.reference_hidden, options_.reference_depth};
  }
  /// --image-tower, or the default for the data.
  std::string tower() const;
  GlyphTowersSpec glyph_spec(const Sizes& sizes) const;
  CaptionTowersSpec caption_spec(const Sizes& sizes) const;
  double parameters(const Sizes& sizes) const;
  Model make_towers(const Sizes& sizes, std::uint64_t seed) const;
  double forward_flops(const Model& model, Resolution resolution) const;

  Options options_;
  ExperimentData<NamedImages> data_;
};

}  // namespace jest::apps::train

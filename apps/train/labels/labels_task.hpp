#pragma once
// Classification: pictures and which of a few labels they have, measured by accuracy.

#include "jest/learner/stores.hpp"
#include "train/formats/named_images.hpp"
#include "train/labels/label_network.hpp"
#include "train/labels/labels_options.hpp"
#include "train/task.hpp"

namespace jest::apps::train {

class LabelsTask {
 public:
  using Options = LabelsOptions;
  using Model = LabelNetwork;
  using Batch = ImageBatch;
  using Store = LossStore;
  static constexpr const char* kName = "labels";
  static constexpr const char* kExamples = "pictures";

  /// Reads the tables; throws when they are too small for the sizes asked for, or when their labels
  /// are not the same.
  explicit LabelsTask(Options options);

  const Options& options() const { return options_; }
  const ExperimentData<NamedImages>& data() const { return data_; }
  std::vector<Measure> measures() const;
  Values evaluate(Model& model, HeldOut part, World* world) const;

  Model make_learner(std::uint64_t seed) const;
  Model make_reference(std::uint64_t seed) const;
  TableSource<ImageBatch> guide_source(std::uint64_t seed) const;
  double guide_forwards() const { return 1; }
  void check_reference(const Model& reference) const;
  static Model load(const SafetensorsFile& file) { return load_label_network(file); }

  View<Batch> trained_view(const Options&, const Method&) const { return {}; }
  View<Batch> scored_view(const Options&, const Method&) const { return {}; }
  Batch stored_as(const Batch& batch, const Options&) const { return batch; }
  std::string store_name(const Options&) const { return "reference_losses"; }
  double training_flops(const Model& model, const Options&, const Method&) const {
    return model->forward_flops();
  }
  double scoring_flops(const Model& model, const Options&, const Method&) const {
    return model->forward_flops();
  }

  Values batch_values(const Batch&) const { return {}; }
  nlohmann::ordered_json show(const NamedImages& table, std::int64_t row) const;

 private:
  LabelNetworkSpec learner_spec() const;
  LabelNetworkSpec reference_spec() const;

  Options options_;
  ExperimentData<NamedImages> data_;
};

}  // namespace jest::apps::train

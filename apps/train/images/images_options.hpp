#pragma once
// The options of `jest-train images`.

#include "jest/data/shards.hpp"
#include "train/arm_setup.hpp"
#include "train/initial_bias.hpp"

namespace jest::apps::train {

struct ImagesOptions : ExperimentOptions {
  InitialBias bias;
  std::int64_t image_size = 64;
  std::string image_fit = "crop";
  std::string caption_key;
  std::string tag_key;
  bool skip_unusable = false;
  std::filesystem::path index_folder;
  std::int64_t decoded_mib = 512;  ///< memory for decoded pictures, of each table
  std::string image_tower = "default";
  std::int64_t channels = 16;
  std::int64_t hidden = 256;
  std::int64_t depth = 2;
  std::int64_t reference_channels = 16;
  std::int64_t reference_hidden = 256;
  std::int64_t reference_depth = 2;
  double half_resolution = 0.5;   ///< share of a flexi batch that trains at half resolution
  std::int64_t eval_rows = 1000;  ///< distinct names of each held-out set; 0: all

  static TaskWords words();
  static OptionRows<ImagesOptions> own_rows();
  /// Whether these models can be trained so.
  static bool knows(const Method& method) {
    return !method.needs_gradients() && !method.has_objective<TokenChoice>();
  }
  void apply_to(Method& method, const Arm& arm);

  /// How a table of that name is read.
  ShardSpec shards(const std::filesystem::path& name) const;
};

}  // namespace jest::apps::train

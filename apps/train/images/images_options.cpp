// Rows of the options that named images have of their own.

#include "train/images/images_options.hpp"

#include "jest/core/error.hpp"

namespace jest::apps::train {
namespace {

struct EvalRows {
  void operator()(const std::string& flag, std::int64_t value) const {
    AtLeast{0}(flag, value);
    if (value == 1) refuse(flag, "0, or at least 2 to choose from", value);
  }
};

constexpr Named<PictureFit> kFits[] = {{"crop", PictureFit::kCrop},
                                       {"squash", PictureFit::kSquash}};
constexpr Named<int> kTowers[] = {{"default", 0}, {"conv", 0}, {"resnet", 0}, {"vit", 0}};

struct KnownFit {
  void operator()(const std::string& flag, const std::string& name) const {
    by_name(flag, kFits, name);
  }
};
struct KnownTower {
  void operator()(const std::string& flag, const std::string& name) const {
    by_name(flag, kTowers, name);
  }
};

OptionRows<ImagesOptions> shard_rows() {
  using O = ImagesOptions;
  const auto row = [](auto... given) { return option<O>("Shards", given...); };
  return {
      row("--image-size", &O::image_size, "Side of the pictures that models see",
          kOfResult | kOfProbe, Between{2, 4096}),
      row("--image-fit", &O::image_fit, "What is not square: crop to the middle, or squash",
          kOfResult | kOfProbe, KnownFit{}),
      row("--caption-key", &O::caption_key,
          "Where captions are in .json; absent: the whole\n.txt. Each of several (array, object) "
          "is a row",
          kOfResult | kOfProbe),
      row("--tag-key", &O::tag_key, "Where a sample's tag is in .json", kOfResult | kOfProbe),
      row("--skip-unusable", &O::skip_unusable,
          "Leave out, and count, samples without a picture\nor caption, and pictures that do not "
          "decode",
          kOfResult | kOfProbe),
      row("--index-folder", &O::index_folder, "Folder of the shards' indexes; absent: beside each",
          kOfProbe),
      row("--decoded-memory", &O::decoded_mib,
          "MiB of decoded pictures that are kept, of each\ntable", kOfProbe, Between{0, 1 << 20}),
  };
}

}  // namespace

TaskWords ImagesOptions::words() {
  return {"safetensors of named images, or\nshards (docs/shards.md)", CachedKind::kEmbeddings};
}

ShardSpec ImagesOptions::shards(const std::filesystem::path& name) const {
  return {.shards = files_of(name),
          .caption_key = caption_key,
          .tag_key = tag_key,
          .skip_unusable = skip_unusable,
          .picture = {image_size, by_name("--image-fit", kFits, image_fit)},
          .threads = static_cast<int>(threads),
          .memory = decoded_mib << 20,
          .index_folder = index_folder};
}

OptionRows<ImagesOptions> ImagesOptions::own_rows() {
  using O = ImagesOptions;
  const auto row = [](auto... given) { return option<O>("Models", given...); };
  OptionRows<O> rows = shard_rows();
  const OptionRows<O> of_models = {
      bias_row<O>(),
      row("--image-tower", &O::image_tower,
          "conv (grey), resnet or vit; default: resnet of\nshards, else conv", kOfResult | kOfProbe,
          KnownTower{}),
      row("--channels", &O::channels,
          "Channels of the first convolution; a vit's tokens\nare eight times as wide", kOfResult,
          AtLeast{1}),
      row("--hidden", &O::hidden,
          "Width of the hidden layer: of conv's pictures,\nelse of captions", kOfResult,
          AtLeast{1}),
      row("--depth", &O::depth, "Blocks of each of a resnet's four stages, layers\nof a vit",
          kOfResult, Between{1, 64}),
      row("--reference-channels", &O::reference_channels, "--channels of the reference",
          kOfResult | kOfProbe, AtLeast{1}),
      row("--reference-hidden", &O::reference_hidden, "--hidden of the reference",
          kOfResult | kOfProbe, AtLeast{1}),
      row("--reference-depth", &O::reference_depth, "--depth of the reference",
          kOfResult | kOfProbe, Between{1, 64}),
      row("--half-resolution", &O::half_resolution,
          "Share of a flexi arm's batch that trains at half\nthe resolution", kOfResult | kOfArm,
          Share{}),
      row("--eval-rows", &O::eval_rows, "Names of each held-out file that are used; 0: all",
          kOfResult, EvalRows{}),
  };
  rows.insert(rows.end(), of_models.begin(), of_models.end());
  return rows;
}

void ImagesOptions::apply_to(Method& method, const Arm& arm) {
  expect_no_tokens(method, arm);
  if (!method.cheaper_view) expect_no_override(arm, "half-resolution");
}

}  // namespace jest::apps::train

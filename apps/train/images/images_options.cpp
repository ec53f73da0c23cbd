// Rows of the options that named images have of their own.

#include "train/images/images_options.hpp"

namespace jest::apps::train {
namespace {

struct EvalRows {
  void operator()(const std::string& flag, std::int64_t value) const {
    AtLeast{0}(flag, value);
    if (value == 1) refuse(flag, "0, or at least 2 to choose from", value);
  }
};

}  // namespace

TaskWords ImagesOptions::words() {
  return {"safetensors of named images", CachedKind::kEmbeddings};
}

OptionRows<ImagesOptions> ImagesOptions::own_rows() {
  using O = ImagesOptions;
  const auto row = [](auto... given) { return option<O>("Models", given...); };
  return {
      bias_row<O>(),
      row("--channels", &O::channels, "Channels of the first convolution", kOfResult, AtLeast{1}),
      row("--hidden", &O::hidden, "Width of the hidden layer", kOfResult, AtLeast{1}),
      row("--reference-channels", &O::reference_channels, "--channels of the reference",
          kOfResult | kOfProbe, AtLeast{1}),
      row("--reference-hidden", &O::reference_hidden, "--hidden of the reference",
          kOfResult | kOfProbe, AtLeast{1}),
      row("--half-resolution", &O::half_resolution,
          "Share of a flexi arm's batch that trains at half\nthe resolution", kOfResult | kOfArm,
          Share{}),
      row("--eval-rows", &O::eval_rows, "Names of each held-out file that are used; 0: all",
          kOfResult, EvalRows{}),
  };
}

void ImagesOptions::apply_to(Method& method, const Arm& arm) {
  expect_no_tokens(method, arm);
  if (!method.cheaper_view) expect_no_override(arm, "half-resolution");
}

}  // namespace jest::apps::train

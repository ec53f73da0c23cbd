// Rows of the options that text pairs have of their own.

#include "train/pairs/pairs_options.hpp"

namespace jest::apps::train {

TaskWords PairsOptions::words() {
  return {.rows = "TSV of pairs (id x y [tag])",
          .cached = CachedKind::kEmbeddings,
          .counted = {"both", "x", "y"}};
}

OptionRows<PairsOptions> PairsOptions::own_rows() {
  using O = PairsOptions;
  const auto row = [](auto... given) { return option<O>("Models", given...); };
  return {
      bias_row<O>(),
      row("--reference-width", &O::reference_width,
          "Width of its features; a small reference is cheap", kOfResult | kOfProbe, AtLeast{1}),
      row("--reference-hidden", &O::reference_hidden, "Width of its hidden layer",
          kOfResult | kOfProbe, AtLeast{1}),
      row("--reference-dropout", &O::reference_dropout,
          "Share of features left out while it trains", kOfResult | kOfProbe, ShareBelow1{}),
      row("--reference-negatives", &O::reference_negatives,
          "Random pool pairs a step that it learns to reject", kOfResult | kOfProbe, AtLeast{0}),
  };
}

void PairsOptions::apply_to(Method& method, const Arm& arm) { expect_no_tokens(method, arm); }

}  // namespace jest::apps::train

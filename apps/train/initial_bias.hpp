#pragma once
// Where the logit bias of two towers starts: an option, or what fits the batch.

#include <cmath>
#include <cstdint>
#include <optional>

#include "train/option_rows.hpp"

namespace jest::apps::train {

/// Of b² pairs b match, so that with logits near zero a bias of −log b makes the sigmoid loss begin
/// at the right share of positives (SigLIP, arXiv 2303.15343, section 3.2, begins at −10 for
/// b = 32,768). Far above it the first updates only push everything apart.
struct InitialBias {
  std::optional<double> given;

  /// The given one, or −log b to a whole number.
  double at(std::int64_t count) const;
};

/// --bias of options with a field `bias`; a run's identity has the bias that acts.
template <class O>
OptionRow<O> bias_row() {
  OptionRow<O> row{.flag = "--bias",
                   .group = "Models",
                   .help = "Initial logit bias; when not given -log of\n--count, to a whole number",
                   .uses = kOfResult | kOfProbe};
  row.add = [help = row.help](CLI::App& command, O& options) {
    return command.add_option("--bias", options.bias.given, help);
  };
  row.check = [](const O& options) {
    const auto& given = options.bias.given;
    if (given && !std::isfinite(*given)) refuse("--bias", "a finite number", *given);
  };
  row.value = [](const O& options) { return options.bias.at(options.count); };
  return row;
}

}  // namespace jest::apps::train

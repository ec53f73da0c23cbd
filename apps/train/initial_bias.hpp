#pragma once
// Where the logit bias of two towers starts: an option, or what fits the batch.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>

namespace jest::apps::train {

/// Of b² pairs b match, so that with logits near zero a bias of −log b makes the sigmoid loss begin
/// at the right share of positives (SigLIP, arXiv 2303.15343, section 3.2, begins at −10 for
/// b = 32,768). Far above it the first updates only push everything apart.
struct InitialBias {
  std::optional<double> given;

  void add_to(CLI::App& command);
  /// Throws unless the given one is finite.
  void check() const;
  /// The given one, or −log b to a whole number.
  double at(std::int64_t count) const;
};

}  // namespace jest::apps::train

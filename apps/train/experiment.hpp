#pragma once
// `jest-train pairs`: the reference, every arm with every seed, the summary.

#include "train/pairs_options.hpp"

namespace jest {

/// Leaves everything in options.out; what is there already from an interrupted run is used.
void run_pairs(const PairsOptions& options);

}  // namespace jest

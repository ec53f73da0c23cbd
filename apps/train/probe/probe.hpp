#pragma once
// `jest-train probe TASK`: is it worth selecting from this pool? Trains a reference on most of the
// curated examples, estimates the pool's useful share from the losses of the rest, and looks the
// pool up on the map.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "jest/data/tables.hpp"

namespace jest::apps::train {

template <class Options>
struct ProbeOptions : Options {
  std::filesystem::path map = "docs/evidence/map.json";
  std::int64_t probe_rows = 20000;  ///< rows of the pool that the probe reads
};

/// A fifth of the curated examples, by their ids.
bool held_out_of_probe(std::int64_t id);

/// Those of the curated examples. Throws where they are too few to estimate from.
std::vector<std::int64_t> rows_held_out(const ExampleTable& curated);

/// Adds `jest-train probe` with the commands of all tasks that can be probed. Leaves OUT/probe.json
/// and prints a few lines.
void add_probe(CLI::App& app, const std::string& command_line);

}  // namespace jest::apps::train

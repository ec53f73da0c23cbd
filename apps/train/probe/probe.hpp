#pragma once
// `jest-train probe TASK`: is it worth selecting from this pool? Trains a reference on most of the
// curated examples, estimates the pool's useful share from the losses of the rest, and looks the
// pool up on the map.

#include <filesystem>

#include "train/tasks.hpp"

namespace jest::apps::train {

template <class Options>
struct ProbeOptions : Options {
  std::filesystem::path map = "docs/evidence/map.json";
  std::int64_t probe_rows = 20000;  ///< rows of the pool that are looked at
};

struct Probes {
  ProbeOptions<PairsOptions> pairs;
  ProbeOptions<ImagesOptions> images;
  ProbeOptions<TextOptions> text;
};

/// Adds the command; `probes` must outlive `app`. Leaves OUT/probe.json and prints a few lines.
void add_probe(CLI::App& app, Probes& probes, const std::string& command);

}  // namespace jest::apps::train

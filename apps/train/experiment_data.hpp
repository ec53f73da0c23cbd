#pragma once
// The three tables of an experiment, read and checked together.

#include <memory>
#include <nlohmann/json.hpp>

#include "jest/data/text_pair_source.hpp"
#include "train/pairs_options.hpp"
#include "train/text_towers.hpp"

namespace jest {

struct ExperimentData {
  std::shared_ptr<const TextPairs> curated;
  std::shared_ptr<const TextPairs> pool;
  std::shared_ptr<const TextPairs> eval;

  /// Features of a pool pair, both sides, on average.
  double features_per_pair() const { return pool->x.mean() + pool->y.mean(); }
};

/// Size of an arm's super-batches.
std::int64_t candidates_of(const Arm& arm, const PairsOptions& shared);

/// Throws when a table is too small for the sizes asked for.
ExperimentData read_data(const PairsOptions& options);

/// The "data" object of summary.json.
nlohmann::ordered_json describe_data(const PairsOptions& options, const ExperimentData& data);

/// Rows of the pool that carry a tag; throws when they are fewer than `least`.
std::vector<std::int64_t> rows_with_tag(const PairTable& pool, const std::string& tag,
                                        std::int64_t least);

/// The architecture of learners, and of the reference.
TextTowersSpec towers_spec(const PairsOptions& options);
TextTowersSpec reference_spec(const PairsOptions& options);

}  // namespace jest

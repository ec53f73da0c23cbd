#pragma once
// Parts of inputs, as a rank has them, and whether two selections are the same to the last bit.

#include <gtest/gtest.h>

#include <cstring>
#include <span>

#include "jest/criteria/contrastive.hpp"
#include "jest/select/exchange.hpp"
#include "jest/select/selection.hpp"

namespace jest::oracle {

inline MatrixView part_of(MatrixView matrix, const Shard& shard) {
  matrix.data = matrix.data ? matrix.row(shard.first) : nullptr;
  matrix.rows = matrix.data ? shard.count : 0;
  return matrix;
}

template <class Value>
std::span<Value> part_of(std::span<Value> values, const Shard& shard) {
  if (values.empty()) return values;
  return values.subspan(static_cast<std::size_t>(shard.first),
                        static_cast<std::size_t>(shard.count));
}

template <class Pairs>
requires std::is_base_of_v<ContrastivePairs, Pairs> Pairs part_of(Pairs pairs, const Shard& shard) {
  for (EmbeddingsView* model : {&pairs.learner, &pairs.reference}) {
    model->x = part_of(model->x, shard);
    model->y = part_of(model->y, shard);
  }
  pairs.ids = part_of(pairs.ids, shard);
  return pairs;
}

inline SelectionSpec over(SelectionSpec spec, const Shard& shard, Exchange& exchange) {
  spec.shard = shard;
  spec.exchange = &exchange;
  return spec;
}

inline bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

/// Everything but times and memory.
inline ::testing::AssertionResult same(const Selection& got, const Selection& want) {
  const auto differs = [](const char* what) { return ::testing::AssertionFailure() << what; };
  if (got.indices != want.indices) return differs("picks");
  if (!same_bits(got.scores, want.scores)) return differs("scores");
  const SelectionStatistics& a = got.statistics;
  const SelectionStatistics& b = want.statistics;
  if (a.nan_count != b.nan_count) return differs("nan_count");
  if (a.fell_back != b.fell_back) return differs("fell_back");
  if (a.backend != b.backend) return differs("backend");
  if (!same_bits({a.mean_own_score_picks}, {b.mean_own_score_picks})) return differs("mean, picks");
  if (!same_bits({a.mean_own_score_super_batch}, {b.mean_own_score_super_batch})) {
    return differs("mean, super-batch");
  }
  if (!same_bits({a.own_score_deviation}, {b.own_score_deviation})) return differs("deviation");
  return ::testing::AssertionSuccess();
}

}  // namespace jest::oracle

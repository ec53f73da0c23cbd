#pragma once
// One selection out of 2,048 candidates, whose picks are the same wherever it is compiled.

#include <cstdint>
#include <random>
#include <vector>

#include "jest/select.hpp"

namespace {

constexpr std::int64_t kCandidates = 2048, kWidth = 32;

jest::Selection pick(int threads, std::int64_t count) {
  std::mt19937 generator(1);
  std::uniform_real_distribution<float> value(-0.3F, 0.3F);
  std::vector<float> x(kCandidates * kWidth), y(kCandidates * kWidth);
  for (float& v : x) v = value(generator);
  for (float& v : y) v = value(generator);
  const jest::MatrixView rows_x = jest::matrix_view(x.data(), kCandidates, kWidth);
  const jest::MatrixView rows_y = jest::matrix_view(y.data(), kCandidates, kWidth);
  const jest::SigmoidPairs pairs{
      {.learner = {rows_x, rows_y, 10, -5}, .reference = {rows_y, rows_x, 10, -5}}};
  return jest::select(pairs,
                      {.count = count, .sampling = {.chunks = 8}, .seed = 7, .threads = threads});
}

/// One number that differs where the picks do.
long digest_of_picks(int threads) {
  std::uint64_t digest = 0;
  for (const std::int64_t index : pick(threads, 512).indices) {
    digest = digest * 31 + static_cast<std::uint64_t>(index);
  }
  return static_cast<long>(digest);
}

}  // namespace

// Select from embeddings you already have. No LibTorch.

#include <algorithm>
#include <cmath>
#include <iostream>
#include <random>
#include <vector>

#include "jest/select.hpp"

namespace {

constexpr int kCandidates = 256;
constexpr int kWidth = 32;

/// Rows of unit length: noise, plus `pull` times the row of `towards`.
std::vector<float> unit_rows(unsigned seed, const std::vector<float>& towards, float pull) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<float> rows(kCandidates * kWidth);
  for (int i = 0; i < kCandidates; ++i) {
    float squares = 0;
    for (int k = i * kWidth; k < (i + 1) * kWidth; ++k) {
      rows[k] = normal(generator) + (towards.empty() ? 0 : pull * towards[k]);
      squares += rows[k] * rows[k];
    }
    for (int k = i * kWidth; k < (i + 1) * kWidth; ++k) rows[k] /= std::sqrt(squares);
  }
  return rows;
}

jest::EmbeddingsView view(const std::vector<float>& x, const std::vector<float>& y) {
  return {jest::matrix_view(x.data(), kCandidates, kWidth),
          jest::matrix_view(y.data(), kCandidates, kWidth), /*scale=*/10, /*bias=*/-5};
}

}  // namespace

int main() {
  // The learner knows nothing yet; the reference matches every pair.
  const auto x = unit_rows(1, {}, 0);
  const auto y = unit_rows(2, {}, 0);
  const auto matching = unit_rows(3, x, 20);

  const jest::SigmoidPairs pairs{{.learner = view(x, y), .reference = view(x, matching)}};
  const jest::Selection picks =
      jest::select(pairs, {.count = 32, .sampling = {.chunks = 4}, .seed = 7, .step = 0});

  std::cout << "picked";
  for (const auto i : picks.indices) std::cout << ' ' << i;
  std::cout << "\nmean learnability: super-batch " << picks.statistics.mean_own_score_super_batch
            << ", picks " << picks.statistics.mean_own_score_picks << '\n';
  const bool better =
      picks.statistics.mean_own_score_picks > picks.statistics.mean_own_score_super_batch;
  return picks.indices.size() == 32 && better ? 0 : 1;
}

// The volume of picks against determinants written out in full.
#include "jest/criteria/volume.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "jest/select/select.hpp"
#include "oracle/chi_square.hpp"
#include "oracle/message_of.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest {
namespace {

using oracle::Positions;
using ::testing::HasSubstr;

constexpr double kNoise = 0.3;

/// det(I + E_A·E_Aᵀ/σ²) by elimination.
double volume(const MatrixView& rows, const Positions& set) {
  const std::size_t n = set.size();
  std::vector<std::vector<double>> matrix(n, std::vector<double>(n));
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b < n; ++b) {
      double product = 0;
      for (std::int64_t k = 0; k < rows.cols; ++k) {
        product += static_cast<double>(rows.row(set[a])[k]) * rows.row(set[b])[k];
      }
      matrix[a][b] = product / kNoise + (a == b ? 1 : 0);
    }
  }
  double determinant = 1;
  for (std::size_t a = 0; a < n; ++a) {
    determinant *= matrix[a][a];
    for (std::size_t b = a + 1; b < n; ++b) {
      const double factor = matrix[b][a] / matrix[a][a];
      for (std::size_t k = a; k < n; ++k) matrix[b][k] -= factor * matrix[a][k];
    }
  }
  return determinant;
}

Positions with(Positions set, std::int64_t one) {
  set.push_back(one);
  return set;
}

TEST(VolumeScores, AreTheLogarithmsOfRatiosOfDeterminants) {
  const auto features = oracle::random_embeddings({21, 6, 2}, 5);
  const MatrixView rows = features.view().x;
  VolumeScores state(rows, kNoise);
  Positions picked;
  // More picks than dimensions in the end.
  for (const Positions& picks : {Positions{}, {4}, {1, 7}, {0, 2, 3, 5, 6}}) {
    state.condition_on(picks);
    picked.insert(picked.end(), picks.begin(), picks.end());
    for (std::int64_t i = 8; i < 21; ++i) {
      const double ratio = volume(rows, with(picked, i)) / volume(rows, picked);
      EXPECT_NEAR(state.scores()[i], std::log(ratio), 1e-9) << i;
    }
  }
}

TEST(VolumeScores, DrawInProportionToTheVolume) {
  const auto features = oracle::random_embeddings({5, 3}, 9);
  const MatrixView rows = features.view().x;
  oracle::Law law;
  for (std::int64_t first = 0; first < 5; ++first) {
    double sum = 0;
    for (std::int64_t i = 0; i < 5; ++i) {
      if (i != first) sum += volume(rows, {first, i});
    }
    for (std::int64_t i = 0; i < 5; ++i) {
      if (i != first) law[{first, i}] = volume(rows, {first, i}) / sum / 5;
    }
  }
  oracle::Counts counts;
  for (std::int64_t step = 0; step < 20000; ++step) {
    VolumeScores state(rows, kNoise);
    const SelectionSpec spec{.count = 2, .sampling = {.chunks = 2, .gain = 1}, .step = step};
    ++counts[select(state, spec).indices];
  }
  const oracle::Fit fit = oracle::chi_square(counts, law);
  EXPECT_LT(fit.statistic, fit.bound);
}

TEST(VolumeScores, LeaveCopiesForLast) {
  std::vector<float> values = {1, 0, 1, 0, 0, 1, NAN, 1};
  VolumeScores state(matrix_view(values.data(), 4, 2), kNoise);
  EXPECT_TRUE(std::isnan(state.scores()[3]));
  const SelectionSpec spec{.count = 3, .sampling = {.preset = Preset::kGreedy}};
  EXPECT_EQ(select(state, spec).indices, (Positions{0, 2, 1}));
}

TEST(VolumeScores, RefuseAnEmptyMatrixAndANoiseOfNothing) {
  std::vector<float> values = {1, 0};
  const MatrixView one = matrix_view(values.data(), 1, 2);
  EXPECT_THAT(oracle::message_of([] { VolumeScores(MatrixView{}, 1); }), HasSubstr("volume"));
  EXPECT_THAT(oracle::message_of([&] { VolumeScores(one, 0); }), HasSubstr("noise above 0"));
}

}  // namespace
}  // namespace jest

// Orthogonalised representativeness against projections written out in full.
#include "jest/criteria/orthogonal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "jest/select/select.hpp"
#include "oracle/agree.hpp"
#include "oracle/chi_square.hpp"
#include "oracle/message_of.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest {
namespace {

using oracle::Positions;
using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  double total = 0;
  for (std::size_t k = 0; k < a.size(); ++k) total += a[k] * b[k];
  return total;
}

/// The rows [B, d] as vectors.
std::vector<Vector> rows_of(const MatrixView& matrix) {
  std::vector<Vector> rows;
  for (std::int64_t i = 0; i < matrix.rows; ++i) {
    rows.emplace_back(matrix.row(i), matrix.row(i) + matrix.cols);
  }
  return rows;
}

/// What of the mean row is orthogonal to the picks: the residual of least squares, found by
/// sweeping over the picks until nothing changes (Kaczmarz), which shares no step with Gram and
/// Schmidt.
Vector left_of_mean(const std::vector<Vector>& rows, const Positions& picks) {
  Vector left(rows.front().size(), 0.0);
  for (const Vector& row : rows) {
    for (std::size_t k = 0; k < left.size(); ++k) {
      left[k] += row[k] / static_cast<double>(rows.size());
    }
  }
  for (int sweep = 0; sweep < 20000; ++sweep) {
    for (const std::int64_t j : picks) {
      const double factor = dot(rows[j], left) / dot(rows[j], rows[j]);
      for (std::size_t k = 0; k < left.size(); ++k) left[k] -= factor * rows[j][k];
    }
  }
  return left;
}

TEST(OrthogonalScores, AreThePartsOfWhatThePicksLeaveOfTheMean) {
  const auto features = oracle::random_embeddings({23, 6, 2}, 5);
  const auto rows = rows_of(features.view().x);
  OrthogonalScores state(features.view().x);
  Positions picked;
  for (const Positions& picks : {Positions{}, {4}, {1, 7}, {0}}) {
    state.condition_on(picks);
    picked.insert(picked.end(), picks.begin(), picks.end());
    const Vector left = left_of_mean(rows, picked);
    for (std::int64_t i = 0; i < 23; ++i) {
      if (std::find(picked.begin(), picked.end(), i) != picked.end()) continue;
      EXPECT_NEAR(std::exp(state.scores()[i]), std::fabs(dot(rows[i], left)), 1e-9) << i;
    }
  }
}

TEST(OrthogonalScores, DrawInProportionToTheirParts) {
  const auto features = oracle::random_embeddings({5, 3}, 9);
  const auto rows = rows_of(features.view().x);
  oracle::Law law;
  double total = 0;
  const Vector mean = left_of_mean(rows, {});
  for (std::int64_t i = 0; i < 5; ++i) total += law[{i}] = std::fabs(dot(rows[i], mean));
  for (auto& [answer, probability] : law) probability /= total;
  oracle::Counts counts;
  for (std::int64_t step = 0; step < 20000; ++step) {
    OrthogonalScores state(features.view().x);
    ++counts[select(state, {.count = 1, .sampling = {.gain = 1}, .step = step}).indices];
  }
  const oracle::Fit fit = oracle::chi_square(counts, law);
  EXPECT_LT(fit.statistic, fit.bound);
}

TEST(OrthogonalScores, AreAllAlikeOnceNothingOfTheMeanIsLeft) {
  const auto features = oracle::random_embeddings({12, 3}, 4);
  OrthogonalScores state(features.view().x);
  const Positions three{2, 5, 9};
  state.condition_on(three);
  for (const double score : state.scores()) EXPECT_EQ(score, 0);
  OrthogonalScores all(features.view().x);
  const auto picks =
      select(all, {.count = 12, .sampling = {.chunks = 12, .gain = 1}, .seed = 3}).indices;
  EXPECT_EQ(std::set(picks.begin(), picks.end()).size(), 12U);
}

TEST(OrthogonalScores, TakeCopiesOnceAndSetNanAside) {
  std::vector<float> values = {1, 0, 1, 0, 0, 1, NAN, 1};
  OrthogonalScores state(matrix_view(values.data(), 4, 2));
  EXPECT_TRUE(std::isnan(state.scores()[3]));
  const auto picks = select(state, {.count = 2, .sampling = {.preset = Preset::kGreedy}});
  EXPECT_EQ(picks.indices, (Positions{0, 2})) << "not the copy of the first";
  EXPECT_EQ(picks.statistics.nan_count, 1);
  EXPECT_THAT(oracle::message_of([] { OrthogonalScores(MatrixView{}); }),
              ::testing::HasSubstr("orthogonal scores"));
}

}  // namespace
}  // namespace jest

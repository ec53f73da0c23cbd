// Distances between picks, counted out in full.
#include "jest/criteria/poisson_disk.hpp"

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

constexpr double kRadius = 0.9;

double distance(const MatrixView& rows, std::int64_t i, std::int64_t j) {
  double square = 0;
  for (std::int64_t k = 0; k < rows.cols; ++k) {
    square += std::pow(double{rows.row(i)[k]} - double{rows.row(j)[k]}, 2);
  }
  return std::sqrt(square);
}

SelectionSpec one_by_one(std::int64_t count, std::int64_t step) {
  return {.count = count, .sampling = {.chunks = count, .gain = 1}, .step = step};
}

TEST(PoissonDiskScores, FallWithEveryPickThatIsNear) {
  const auto features = oracle::random_embeddings({21, 3}, 5);
  const MatrixView rows = features.view().x;
  PoissonDiskScores state(rows, kRadius);
  state.condition_on(Positions{4, 7});
  state.condition_on(Positions{1});
  for (std::int64_t i = 0; i < 21; ++i) {
    int near = 0;
    for (const std::int64_t j : {1, 4, 7}) near += distance(rows, i, j) < kRadius;
    EXPECT_EQ(state.scores()[detail::at(i)], -near * PoissonDiskScores::kCrowding) << i;
  }
}

TEST(PoissonDiskScores, DrawUniformlyAmongTheFar) {
  const auto features = oracle::random_embeddings({7, 2}, 9);
  const MatrixView rows = features.view().x;
  oracle::Law law;
  std::size_t near = 0;
  for (std::int64_t first = 0; first < 7; ++first) {
    Positions far;
    for (std::int64_t i = 0; i < 7; ++i) {
      if (i != first && distance(rows, i, first) >= kRadius) far.push_back(i);
    }
    ASSERT_FALSE(far.empty());
    near += 6 - far.size();
    for (const std::int64_t i : far) law[{first, i}] = 1.0 / 7 / static_cast<double>(far.size());
  }
  ASSERT_GT(near, 5U) << "the radius rules some out";
  oracle::Counts counts;
  for (std::int64_t step = 0; step < 20000; ++step) {
    PoissonDiskScores state(rows, kRadius);
    ++counts[select(state, one_by_one(2, step)).indices];
  }
  const oracle::Fit fit = oracle::chi_square(counts, law);
  EXPECT_LT(fit.statistic, fit.bound);
}

TEST(PoissonDiskScores, TakeTheLeastCrowdedWhereNoneIsFar) {
  // Two clusters: three picks are two far ones and one of the crowded.
  std::vector<float> values = {0, 0, 0.1F, 0, 5, 0, 5.1F, 0, 0, NAN};
  const MatrixView rows = matrix_view(values.data(), 5, 2);
  for (std::int64_t step = 0; step < 50; ++step) {
    PoissonDiskScores state(rows, kRadius);
    const Positions picks = select(state, one_by_one(4, step)).indices;
    EXPECT_GT(distance(rows, picks[0], picks[1]), kRadius);
    EXPECT_THAT(picks, ::testing::UnorderedElementsAre(0, 1, 2, 3));
  }
}

TEST(PoissonDiskScores, RefuseAnEmptyMatrixAndARadiusOfNothing) {
  std::vector<float> values = {1, 0};
  const MatrixView one = matrix_view(values.data(), 1, 2);
  EXPECT_THAT(oracle::message_of([] { PoissonDiskScores(MatrixView{}, 1); }), HasSubstr("disk"));
  EXPECT_THAT(oracle::message_of([&] { PoissonDiskScores(one, 0); }), HasSubstr("radius above 0"));
}

}  // namespace
}  // namespace jest

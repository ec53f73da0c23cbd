// The fitted scale and bias against optima known in closed form and against small moves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "jest/criteria/contrastive.hpp"
#include "oracle/message_of.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest {
namespace {

using ::testing::HasSubstr;

/// Pairs whose similarities are any matrix: x is the identity.
struct Pairs {
  std::int64_t n;
  std::vector<float> x, y;

  Pairs(std::int64_t count, const std::function<double(std::int64_t, std::int64_t)>& similarity)
      : n(count), x(count * count, 0.0F), y(count * count, 0.0F) {
    for (std::int64_t i = 0; i < n; ++i) {
      x[i * n + i] = 1;
      for (std::int64_t j = 0; j < n; ++j) y[j * n + i] = static_cast<float>(similarity(i, j));
    }
  }
  MatrixView x_view() const { return matrix_view(x.data(), n, n); }
  MatrixView y_view() const { return matrix_view(y.data(), n, n); }
  LogitFit fit(Contrast contrast, std::int64_t batch = 0) const {
    return fit_scale_and_bias(x_view(), y_view(), contrast, batch);
  }
  double s(std::int64_t i, std::int64_t j) const { return y[j * n + i]; }
};

/// Mean cross-entropy of all pairs with Platt's targets, written down naively; those that do not
/// belong together count `weight`.
double sigmoid_loss(const Pairs& pairs, double t, double bias, double weight = 1) {
  const auto n = static_cast<double>(pairs.n);
  double total = 0;
  for (std::int64_t i = 0; i < pairs.n; ++i) {
    for (std::int64_t j = 0; j < pairs.n; ++j) {
      const double p = 1 / (1 + std::exp(-(t * pairs.s(i, j) + bias)));
      const double target = i == j ? (n + 1) / (n + 2) : 1 / (n * (n - 1) + 2);
      const double w = i == j ? 1 : weight;
      total -= w * (target * std::log(p) + (1 - target) * std::log(1 - p));
    }
  }
  return total / n;
}

double softmax_loss(const Pairs& pairs, double t) {
  const auto n = static_cast<double>(pairs.n);
  double total = 0;
  for (std::int64_t i = 0; i < pairs.n; ++i) {
    double row = 0, column = 0;
    for (std::int64_t j = 0; j < pairs.n; ++j) {
      row += std::exp(t * pairs.s(i, j));
      column += std::exp(t * pairs.s(j, i));
    }
    for (std::int64_t j = 0; j < pairs.n; ++j) {
      const double target = i == j ? (n + 1) / (n + 2) : 1 / (n + 2) / (n - 1);
      total -= target * (t * (pairs.s(i, j) + pairs.s(j, i)) - std::log(row) - std::log(column));
    }
  }
  return total / n;
}

Pairs noisy_pairs(std::int64_t n, double gap) {
  std::mt19937 generator(5);
  std::normal_distribution<double> noise(0, 0.1);
  return {n, [&, gap](std::int64_t i, std::int64_t j) {
            return 0.6 + (i == j ? gap : 0) + noise(generator);
          }};
}

TEST(Calibration, IsTheLeastOfTheLoss) {
  for (const double gap : {0.02, 0.2, 0.5}) {
    const Pairs pairs = noisy_pairs(40, gap);
    const LogitFit fit = pairs.fit(Contrast::kSigmoid);
    const double least = sigmoid_loss(pairs, fit.scale, fit.bias);
    for (const double move : {-1e-3, 1e-3}) {
      EXPECT_GT(sigmoid_loss(pairs, fit.scale + move, fit.bias), least) << gap;
      EXPECT_GT(sigmoid_loss(pairs, fit.scale, fit.bias + move), least) << gap;
      EXPECT_GT(sigmoid_loss(pairs, fit.scale + move, fit.bias - 0.7 * move), least) << gap;
    }
    const LogitFit soft = pairs.fit(Contrast::kSoftmax);
    EXPECT_GT(softmax_loss(pairs, soft.scale - 1e-3), softmax_loss(pairs, soft.scale)) << gap;
    EXPECT_GT(softmax_loss(pairs, soft.scale + 1e-3), softmax_loss(pairs, soft.scale)) << gap;
    EXPECT_EQ(soft.bias, 0);
    EXPECT_EQ(soft.pairs, 40);
  }
}

/// Two values of s, p for matches and q for others: the logits are those of the targets.
TEST(Calibration, OfTwoValuesIsKnown) {
  const Pairs pairs(10, [](std::int64_t i, std::int64_t j) { return i == j ? 0.75 : 0.25; });
  const LogitFit fit = pairs.fit(Contrast::kSigmoid);
  const double match = std::log(11.0), stranger = -std::log(91.0);  // 11/12 and 1/92
  EXPECT_NEAR(fit.scale, (match - stranger) / 0.5, 1e-6);
  EXPECT_NEAR(fit.scale * 0.75 + fit.bias, match, 1e-6);
  // Softmax: 11/12 on the match, 1/12 on nine others.
  EXPECT_NEAR(pairs.fit(Contrast::kSoftmax).scale, std::log(11.0 * 9) / 0.5, 1e-6);
}

/// Of n pairs, as if there were b: others weigh (b-1)/(n-1).
TEST(Calibration, IsOfTheBatchThatTheLogitsAreFor) {
  const Pairs pairs = noisy_pairs(40, 0.2);
  const double weight = 9.0 / 39;
  const LogitFit fit = pairs.fit(Contrast::kSigmoid, 10);
  const double least = sigmoid_loss(pairs, fit.scale, fit.bias, weight);
  for (const double move : {-1e-3, 1e-3}) {
    EXPECT_GT(sigmoid_loss(pairs, fit.scale + move, fit.bias, weight), least);
    EXPECT_GT(sigmoid_loss(pairs, fit.scale, fit.bias + move, weight), least);
  }
  const LogitFit of_all = pairs.fit(Contrast::kSigmoid);
  EXPECT_LT(-fit.bias / fit.scale, -of_all.bias / of_all.scale - 0.01);  // an even chance
  EXPECT_EQ(pairs.fit(Contrast::kSigmoid, 40).bias, of_all.bias);
  // Softmax: e^(0.75 t) is eleven times the weighted sum over nine others.
  const Pairs two(10, [](std::int64_t i, std::int64_t j) { return i == j ? 0.75 : 0.25; });
  EXPECT_NEAR(two.fit(Contrast::kSoftmax, 4).scale, std::log(11.0 * 9 * (3.0 / 9)) / 0.5, 1e-5);
  EXPECT_THAT(oracle::message_of([&] { two.fit(Contrast::kSigmoid, 1); }),
              HasSubstr("a batch of at least two pairs, got 1"));
}

/// What a moved and stretched similarity needs is the inverse.
TEST(Calibration, FollowsTheSimilarities) {
  const LogitFit one = noisy_pairs(30, 0.2).fit(Contrast::kSigmoid);
  Pairs moved = noisy_pairs(30, 0.2);
  for (float& value : moved.y) value = 0.5F + 0.1F * value;
  const LogitFit other = moved.fit(Contrast::kSigmoid);
  EXPECT_NEAR(other.scale, 10 * one.scale, 1e-3 * other.scale);
  EXPECT_NEAR(other.bias, one.bias - 5 * one.scale, 1e-3 * std::fabs(other.bias));
}

TEST(Calibration, TakesAtMost1024PairsOfMany) {
  const oracle::Embeddings embeddings = oracle::random_embeddings({1500, 4}, 4);
  const MatrixView x = embeddings.view().x;
  EXPECT_EQ(fit_scale_and_bias(x, x).pairs, 1024);
}

TEST(Calibration, RefusesWhatHasNone) {
  const auto message = [](const Pairs& pairs) {
    return oracle::message_of([&] { pairs.fit(Contrast::kSigmoid); });
  };
  EXPECT_THAT(message({1, [](auto, auto) { return 1.0; }}), HasSubstr("at least two pairs, got 1"));
  EXPECT_THAT(message({4, [](auto i, auto j) { return i == j ? 0.0 : 1.0; }}),
              HasSubstr("pairs more alike than others"));
  EXPECT_THAT(message({4, [](auto, auto) { return 0.5; }}), HasSubstr("more alike than others"));
  EXPECT_THAT(message({4, [](auto, auto) { return NAN; }}), HasSubstr("finite similarities"));
}

TEST(Calibration, TellsModelsThatTakeStrangersForMatches) {
  const Pairs pairs = noisy_pairs(50, 0.3);
  const LogitFit fit = pairs.fit(Contrast::kSigmoid);
  const auto strangers = [&](double scale, double bias) {
    return mean_match_of_strangers({pairs.x_view(), pairs.y_view(), scale, bias});
  };
  EXPECT_LT(strangers(fit.scale, fit.bias), 0.05);
  EXPECT_GT(strangers(100, -10), 0.99);
  double mean = 0;
  for (std::int64_t i = 0; i < 50; ++i)
    mean += 1 / (1 + std::exp(-(2 * pairs.s(i, (i + 25) % 50) - 1)));
  EXPECT_NEAR(strangers(2, -1), mean / 50, 1e-6);
  Pairs broken = pairs;
  broken.y[7] = NAN;
  EXPECT_NEAR(mean_match_of_strangers({broken.x_view(), broken.y_view(), 2, -1}), mean / 50, 0.02);
  EXPECT_EQ(mean_match_of_strangers({noisy_pairs(8, 0).x_view(), noisy_pairs(8, 0).y_view(), 100}),
            0);
}

}  // namespace
}  // namespace jest

#include "select/cpu/own_terms.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "jest/criteria/contrastive.hpp"
#include "oracle/random_embeddings.hpp"
#include "oracle/vector_targets.hpp"
#include "select/cpu/contrastive.hpp"
#include "select/cpu/engine.hpp"

namespace jest {
namespace {

/// Equal bits, or both NaN.
bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

TEST(OwnTerms, LogitsAreTheScalarOnesBitForBit) {
  for (const std::int64_t cols : {1, 7, 8, 9, 64, 771}) {
    auto model = oracle::random_models({37, cols, 3}, 2).learner;
    model.x_row(5)[0] = std::numeric_limits<float>::infinity();
    model.y_row(6)[cols - 1] = std::numeric_limits<float>::quiet_NaN();
    const plain::ModelRows rows{model.view(),
                                0.0};  // a bias would round the last bits of sums away
    oracle::on_every_vector_target([&] {
      std::vector<double> logits(30);
      detail::own_logits(rows, 2, logits);
      for (std::size_t k = 0; k < logits.size(); ++k) {
        const double want = rows.own_logit(static_cast<std::int64_t>(k) + 2);
        EXPECT_TRUE(same(logits[k], want)) << cols << " columns, row " << k + 2;
      }
    });
  }
}

template <class Eigen, class Cpu, class Pairs>
void expect_same_own_terms(const Pairs& pairs) {
  const Eigen plain(pairs, 1, {});
  oracle::on_every_vector_target([&] {
    const Cpu found(pairs, 1, {});
    for (std::size_t i = 0; i < plain.scores().size(); ++i) {
      EXPECT_TRUE(same(found.scores()[i], plain.scores()[i])) << "candidate " << i;
    }
  });
}

/// More candidates than two batches, of which the last is not whole.
TEST(OwnTerms, OfTheCpuBackendAreThePlainOnesBitForBit) {
  auto models = oracle::random_models({600, 20}, 2);
  models.learner.scale = 30;
  models.reference.bias = -11.3;
  models.learner.x_row(299)[1] = std::numeric_limits<float>::quiet_NaN();
  expect_same_own_terms<plain::SigmoidScores, cpu::SigmoidScores>(models.pairs<SigmoidPairs>());
  expect_same_own_terms<plain::SoftmaxScores, cpu::SoftmaxScores>(models.pairs<SoftmaxPairs>());
}

TEST(OwnTerms, SoftplusIsTheScalarOneBitForBit) {
  std::vector<double> values{0.0, -0.0, 1e300, -1e300, 708.0, -708.0, 708.1, -708.1, 5e-324};
  for (const double special :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    values.push_back(special);
    values.push_back(-special);
  }
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  for (int k = 0; k < 3000; ++k) values.push_back(normal(random) * std::pow(10.0, k % 5 - 2));
  oracle::on_every_vector_target([&] {
    auto found = values;
    detail::softplus_each(found);
    for (std::size_t k = 0; k < values.size(); ++k) {
      EXPECT_TRUE(same(found[k], softplus(values[k]))) << values[k];
    }
  });
}

}  // namespace
}  // namespace jest

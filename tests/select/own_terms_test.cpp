#include "jest/select/own_terms.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "jest/criteria/contrastive.hpp"
#include "jest/select/eigen_logits.hpp"
#include "oracle/random_embeddings.hpp"
#include "oracle/vector_targets.hpp"

namespace jest {
namespace {

/// Equal bits, or both NaN.
bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

TEST(OwnTerms, InnerProductsAreTheScalarOnesBitForBit) {
  for (const std::int64_t cols : {1, 7, 8, 9, 64, 771}) {
    auto model = oracle::random_models({37, cols, 3}, 2).learner;
    model.x_row(5)[0] = std::numeric_limits<float>::infinity();
    model.y_row(6)[cols - 1] = std::numeric_limits<float>::quiet_NaN();
    const EmbeddingsView view = model.view();
    oracle::on_every_vector_target([&] {
      std::vector<double> products(30);
      detail::inner_products(view, 2, products);
      for (std::size_t k = 0; k < products.size(); ++k) {
        const double want = eigen::inner_product(view, static_cast<std::int64_t>(k) + 2);
        EXPECT_TRUE(same(products[k], want)) << cols << " columns, row " << k + 2;
      }
    });
  }
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

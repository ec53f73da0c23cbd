// Gradient features against autograd and against the sketch's definition, term by term.
#include "jest/torch/tensor_sketch.hpp"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include <cmath>

#include "oracle/dense_tensor_sketch.hpp"
#include "oracle/message_of.hpp"

namespace jest {
namespace {

using oracle::message_of;
using ::testing::HasSubstr;

struct Positions {
  at::Tensor errors;
  at::Tensor hidden;
};

Positions random_positions(std::int64_t n, std::int64_t length, const TensorSketchSpec& spec) {
  return {torch::randn({n, length, spec.errors}), torch::randn({n, length, spec.hidden})};
}

/// Σ_p errors_ip ⊗ hidden_ip, [n, V, H].
at::Tensor gradient_matrices(const Positions& positions) {
  return torch::matmul(positions.errors.transpose(1, 2), positions.hidden);
}

at::Tensor flat_products(const at::Tensor& a, const at::Tensor& b) {
  return torch::matmul(a.flatten(1), b.flatten(1).t());
}

TEST(LossErrors, TimesHiddenAreTheGradientOfTheLastLayer) {
  torch::manual_seed(1);
  const at::Tensor weight = torch::randn({7, 5}).requires_grad_();
  const at::Tensor hidden = torch::randn({4, 3, 5});
  const at::Tensor targets = torch::randint(7, {4, 3});
  const at::Tensor weights = torch::rand({4, 3});
  for (const at::Tensor& used : {at::Tensor(), weights}) {
    const at::Tensor logits = torch::matmul(hidden, weight.t());
    const at::Tensor errors = loss_errors(logits, targets, used);
    const at::Tensor matrices = gradient_matrices({errors, hidden});
    for (std::int64_t i = 0; i < 4; ++i) {
      const at::Tensor losses = torch::nn::functional::cross_entropy(
          logits[i], targets[i],
          torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kNone));
      const at::Tensor loss = used.defined() ? (losses * used[i]).sum() : losses.mean();
      const at::Tensor gradient =
          torch::autograd::grad({loss}, {weight}, {}, /*retain_graph=*/true)[0];
      EXPECT_TRUE(matrices[i].allclose(gradient, 1e-5, 1e-6)) << i;
    }
  }
}

TEST(TensorSketch, EqualsItsDefinitionOnTheExplicitMatrix) {
  torch::manual_seed(2);
  const TensorSketchSpec specs[] = {{7, 5, 16, 3},
                                    {7, 5, 9, 3},
                                    {1, 1, 1, 0},
                                    {6, 40, 8, std::uint64_t{5} << 40},
                                    {300, 2, 64, 7}};
  for (const TensorSketchSpec& spec : specs) {
    for (const auto& [n, length] : {std::pair{5, 3}, {1, 1}, {400, 9}, {2, 1600}}) {
      const Positions positions = random_positions(n, length, spec);
      const at::Tensor got = TensorSketch(spec).features(positions.errors, positions.hidden);
      const at::Tensor matrices = gradient_matrices(positions);
      ASSERT_EQ(got.sizes(), (std::vector<std::int64_t>{n, spec.width}));
      for (const std::int64_t i : {0, n / 2, n - 1}) {
        const at::Tensor want = oracle::dense_tensor_sketch(matrices[i], spec);
        const double scale = want.norm().item<double>();
        EXPECT_TRUE(got[i].to(at::kDouble).allclose(want, 1e-5, 1e-5 * scale)) << n << " " << i;
      }
    }
  }
}

TEST(TensorSketch, InnerProductsAreUnbiasedWithTheKnownVariance) {
  torch::manual_seed(3);
  TensorSketchSpec spec{6, 5, 16};
  const Positions positions = random_positions(3, 2, spec);
  const at::Tensor matrices = gradient_matrices(positions);
  const at::Tensor exact = flat_products(matrices, matrices).to(at::kDouble);
  const at::Tensor squares = exact.diagonal();
  const at::Tensor bound = 8.0 / spec.width * torch::outer(squares, squares);
  constexpr int kSeeds = 4000;
  at::Tensor sum = torch::zeros({3, 3}, at::kDouble);
  at::Tensor error = torch::zeros({3, 3}, at::kDouble);
  for (spec.seed = 0; spec.seed < kSeeds; ++spec.seed) {
    const at::Tensor features = TensorSketch(spec).features(positions.errors, positions.hidden);
    const at::Tensor products = flat_products(features, features).to(at::kDouble);
    sum += products;
    error += (products - exact).square();
  }
  const at::Tensor variance = error / kSeeds;
  EXPECT_TRUE((variance <= bound).all().item<bool>()) << variance << bound;
  const at::Tensor off_by = (sum / kSeeds - exact).abs();
  EXPECT_TRUE((off_by <= 4 * (variance / kSeeds).sqrt()).all().item<bool>()) << off_by;
}

TEST(TensorSketch, WidthBuysAccuracy) {
  torch::manual_seed(4);
  TensorSketchSpec narrow{40, 30, 32};
  TensorSketchSpec wide{40, 30, 512};
  const Positions positions = random_positions(12, 3, narrow);
  const at::Tensor matrices = gradient_matrices(positions);
  const at::Tensor exact = flat_products(matrices, matrices);
  const auto error = [&](TensorSketchSpec spec) {
    double total = 0;
    for (spec.seed = 0; spec.seed < 20; ++spec.seed) {
      const at::Tensor features = TensorSketch(spec).features(positions.errors, positions.hidden);
      total += (flat_products(features, features) - exact).square().sum().item<double>();
    }
    return total;
  };
  EXPECT_GT(error(narrow), 8 * error(wide));  // 16 by the widths
}

TEST(TensorSketch, IsAFunctionOfItsSeedAndOfEachSequenceAlone) {
  torch::manual_seed(5);
  TensorSketchSpec spec{20, 10, 32, 7};
  const Positions positions = random_positions(200, 16, spec);
  const TensorSketch sketch(spec);
  const at::Tensor whole = sketch.features(positions.errors, positions.hidden);
  EXPECT_TRUE(TensorSketch(spec).features(positions.errors, positions.hidden).equal(whole));
  std::vector<at::Tensor> parts;
  for (std::int64_t first = 0; first < 200; first += 30) {
    parts.push_back(sketch.features(positions.errors.slice(0, first, first + 30),
                                    positions.hidden.slice(0, first, first + 30)));
  }
  EXPECT_TRUE(torch::cat(parts).allclose(whole, 1e-5, 1e-5));
  spec.seed = 8;
  EXPECT_FALSE(
      TensorSketch(spec).features(positions.errors, positions.hidden).allclose(whole, 1e-2, 1e-2));
}

TEST(TensorSketch, LetsNoGradientFlowAndTakesOtherFloatingTypes) {
  torch::manual_seed(6);
  const TensorSketchSpec spec{8, 4, 16};
  const Positions positions = random_positions(3, 5, spec);
  const TensorSketch sketch(spec);
  const at::Tensor want = sketch.features(positions.errors, positions.hidden);
  const at::Tensor got =
      sketch.features(positions.errors.to(at::kDouble).requires_grad_(),
                      positions.hidden.transpose(1, 2).contiguous().transpose(1, 2));
  EXPECT_FALSE(got.requires_grad());
  EXPECT_TRUE(got.equal(want));
  EXPECT_FALSE(loss_errors(positions.errors.requires_grad_(), torch::zeros({3, 5}, at::kLong))
                   .requires_grad());
}

TEST(TensorSketch, OfNoSequencesIsEmpty) {
  const TensorSketch sketch({8, 4, 16});
  EXPECT_EQ(sketch.features(torch::zeros({0, 5, 8}), torch::zeros({0, 5, 4})).sizes(),
            (std::vector<std::int64_t>{0, 16}));
}

TEST(TensorSketch, RefusesImpossibleShapes) {
  EXPECT_THAT(message_of([] { TensorSketch({.errors = 3, .hidden = 0}); }), HasSubstr("hidden 0"));
  const TensorSketch sketch({8, 4, 16});
  const auto message = [&](const at::Tensor& errors, const at::Tensor& hidden) {
    return message_of([&] { sketch.features(errors, hidden); });
  };
  const at::Tensor hidden = torch::zeros({2, 5, 4});
  EXPECT_THAT(message(torch::zeros({2, 5, 7}), hidden), HasSubstr("errors: expected width 8"));
  EXPECT_THAT(message(torch::zeros({2, 6, 8}), hidden), HasSubstr("hidden [2, 6]"));
  EXPECT_THAT(message(torch::zeros({2, 8}), hidden), HasSubstr("got float [2, 8]"));
  EXPECT_THAT(message(torch::zeros({2, 0, 8}), torch::zeros({2, 0, 4})),
              HasSubstr("[n, L, width]"));
  EXPECT_THAT(message(torch::zeros({2, 5, 8}), hidden.to(at::kLong)), HasSubstr("floating"));
  EXPECT_THAT(message({}, hidden), HasSubstr("undefined"));
}

TEST(LossErrors, RefusesWhatIsNoTarget) {
  const at::Tensor logits = torch::zeros({2, 3, 4});
  const auto message = [&](const at::Tensor& targets, const at::Tensor& weights) {
    return message_of([&] { loss_errors(logits, targets, weights); });
  };
  const at::Tensor targets = torch::zeros({2, 3}, at::kLong);
  EXPECT_THAT(message(targets + 4, {}), HasSubstr("classes from 0 to 3, got 4 to 4"));
  EXPECT_THAT(message(targets - 1, {}), HasSubstr("got -1"));
  EXPECT_THAT(message(targets.slice(1, 1), {}), HasSubstr("integers [2, 3]"));
  EXPECT_THAT(message(targets.to(at::kFloat), {}), HasSubstr("got float"));
  EXPECT_THAT(message(targets, torch::ones({2})), HasSubstr("weights: expected [2, 3]"));
}

}  // namespace
}  // namespace jest

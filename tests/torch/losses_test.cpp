// Batch losses against a double loop, and their gradients against finite differences.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "jest/torch/losses.hpp"

namespace jest {
namespace {

Embeddings random_batch(std::int64_t rows, std::int64_t width) {
  torch::manual_seed(3);
  const auto options = torch::dtype(at::kDouble);
  const auto unit = [&] {
    return torch::nn::functional::normalize(torch::randn({rows, width}, options))
        .detach()
        .requires_grad_();
  };
  return {unit(), unit(), torch::scalar_tensor(7.0, options).requires_grad_(),
          torch::scalar_tensor(-3.0, options).requires_grad_()};
}

double logit(const Embeddings& e, std::int64_t i, std::int64_t j) {
  return (e.scale * e.x[i].dot(e.y[j])).item<double>();
}

double sigmoid_by_loop(const Embeddings& e) {
  double total = 0;
  for (std::int64_t i = 0; i < e.x.size(0); ++i) {
    for (std::int64_t j = 0; j < e.x.size(0); ++j) {
      const double u = logit(e, i, j) + e.bias.item<double>();
      total += std::log1p(std::exp(i == j ? -u : u));
    }
  }
  return total / static_cast<double>(e.x.size(0));
}

double softmax_by_loop(const Embeddings& e) {
  double total = 0;
  for (std::int64_t i = 0; i < e.x.size(0); ++i) {
    double row = 0;
    double column = 0;
    for (std::int64_t j = 0; j < e.x.size(0); ++j) {
      row += std::exp(logit(e, i, j));
      column += std::exp(logit(e, j, i));
    }
    total += 0.5 * std::log(row) + 0.5 * std::log(column) - logit(e, i, i);
  }
  return total / static_cast<double>(e.x.size(0));
}

using Loss = at::Tensor (*)(const Embeddings&);

/// Central differences of every input entry against autograd.
void check_gradients(Loss loss, Embeddings e) {
  loss(e).backward();
  constexpr double kStep = 1e-6;
  for (at::Tensor* input : {&e.x, &e.y, &e.scale, &e.bias}) {
    const at::Tensor gradient =
        input->grad().defined() ? input->grad().clone() : torch::zeros_like(*input);
    const torch::NoGradGuard guard;
    double* values = input->data_ptr<double>();
    for (std::int64_t k = 0; k < input->numel(); ++k) {
      const double kept = values[k];
      values[k] = kept + kStep;
      const double above = loss(e).item<double>();
      values[k] = kept - kStep;
      const double below = loss(e).item<double>();
      values[k] = kept;
      EXPECT_NEAR(gradient.view({-1})[k].item<double>(), (above - below) / (2 * kStep), 1e-6);
    }
  }
}

TEST(SigmoidLoss, EqualsTheDoubleLoop) {
  const Embeddings batch = random_batch(7, 5);
  EXPECT_NEAR(sigmoid_loss(batch).item<double>(), sigmoid_by_loop(batch), 1e-12);
}

TEST(SigmoidLoss, RejectsEveryPairWithOthersToo) {
  const Embeddings batch = random_batch(4, 5);
  torch::manual_seed(8);
  const auto unit = [] {
    return torch::nn::functional::normalize(torch::randn({3, 5}, torch::dtype(at::kDouble)));
  };
  const Embeddings others{unit(), unit(), {}, {}};  // whose own scale and bias do not count
  double total = 4 * sigmoid_by_loop(batch);
  const auto rejected = [&](const at::Tensor& x, const at::Tensor& y) {
    return std::log1p(std::exp((batch.scale * x.dot(y) + batch.bias).item<double>()));
  };
  for (std::int64_t i = 0; i < 4; ++i) {
    for (std::int64_t k = 0; k < 3; ++k) {
      total += rejected(batch.x[i], others.y[k]) + rejected(others.x[k], batch.y[i]);
    }
  }
  EXPECT_NEAR(sigmoid_loss(batch, others).item<double>(), total / 4, 1e-12);
}

TEST(SoftmaxLoss, EqualsTheDoubleLoopAndDoesNotSeeTheBias) {
  Embeddings batch = random_batch(7, 5);
  EXPECT_NEAR(softmax_loss(batch).item<double>(), softmax_by_loop(batch), 1e-12);
  batch.bias = torch::scalar_tensor(40.0, at::kDouble);
  EXPECT_NEAR(softmax_loss(batch).item<double>(), softmax_by_loop(batch), 1e-12);
}

TEST(SigmoidLoss, HasTheGradientOfFiniteDifferences) {
  check_gradients(sigmoid_loss, random_batch(5, 3));
}

TEST(SoftmaxLoss, HasTheGradientOfFiniteDifferences) {
  check_gradients(softmax_loss, random_batch(5, 3));
}

TEST(SigmoidLoss, IsFiniteForAnUntrainedModelAtScale100) {
  Embeddings batch = random_batch(6, 4);
  batch.scale = torch::scalar_tensor(100.0, at::kDouble);
  EXPECT_TRUE(std::isfinite(sigmoid_loss(batch).item<double>()));
  EXPECT_TRUE(std::isfinite(softmax_loss(batch).item<double>()));
}

TEST(ContrastiveLosses, AreSharesOfTheLossOfTheBatch) {
  const Embeddings e = random_batch(6, 4);
  for (const Contrast contrast : {Contrast::kSigmoid, Contrast::kSoftmax}) {
    const at::Tensor shares = contrastive_losses(e, contrast);
    ASSERT_EQ(shares.sizes(), at::IntArrayRef({6}));
    EXPECT_NEAR(shares.mean().item<double>(), contrastive_loss(e, contrast).item<double>(), 1e-12);
  }
  // Half of row and column each: the share of pair 2 by hand.
  double expected = 0;
  for (std::int64_t j = 0; j < 6; ++j) {
    const double sign = j == 2 ? -1 : 1;
    const double bias = e.bias.item<double>();
    expected += 0.5 * std::log1p(std::exp(sign * (logit(e, 2, j) + bias)));
    expected += 0.5 * std::log1p(std::exp(sign * (logit(e, j, 2) + bias)));
  }
  EXPECT_NEAR(contrastive_losses(e, Contrast::kSigmoid)[2].item<double>(), expected, 1e-12);
}

TEST(OwnLosses, LookAtThePairAlone) {
  const Embeddings e = random_batch(5, 4);
  for (std::int64_t i = 0; i < 5; ++i) {
    const double u = logit(e, i, i);
    EXPECT_NEAR(own_losses(e, Contrast::kSigmoid)[i].item<double>(),
                std::log1p(std::exp(-u - e.bias.item<double>())), 1e-12);
    EXPECT_NEAR(own_losses(e, Contrast::kSoftmax)[i].item<double>(), -u, 1e-12);
  }
}

/// Cross-entropy of row i's matching, by loops: −Σ_j p_j·log q_j.
double cross_entropy_by_loop(const Embeddings& student, const Embeddings& teacher, std::int64_t i,
                             bool of_columns) {
  const auto at = [&](const Embeddings& e, std::int64_t j) {
    return of_columns ? logit(e, j, i) : logit(e, i, j);
  };
  double of_student = 0;
  double of_teacher = 0;
  for (std::int64_t j = 0; j < student.x.size(0); ++j) {
    of_student += std::exp(at(student, j));
    of_teacher += std::exp(at(teacher, j));
  }
  double total = 0;
  for (std::int64_t j = 0; j < student.x.size(0); ++j) {
    total -= std::exp(at(teacher, j)) / of_teacher * (at(student, j) - std::log(of_student));
  }
  return total;
}

TEST(DistillationLoss, IsTheCrossEntropyOfBothMatchings) {
  const Embeddings student = random_batch(6, 4);
  const Embeddings teacher{student.y, student.x.roll(1, 0), torch::scalar_tensor(3.0), {}};
  double expected = 0;
  for (std::int64_t i = 0; i < 6; ++i) {
    expected += cross_entropy_by_loop(student, teacher, i, false) / 12;
    expected += cross_entropy_by_loop(student, teacher, i, true) / 12;
  }
  EXPECT_NEAR(distillation_loss(student, teacher).item<double>(), expected, 1e-12);
}

TEST(DistillationLoss, IsLeastAtTheTeacherAndMovesTheStudentAlone) {
  const Embeddings student = random_batch(6, 4);
  const Embeddings teacher = random_batch(6, 4);  // the same numbers
  distillation_loss(student, teacher).backward();
  EXPECT_LT(student.x.grad().abs().max().item<double>(), 1e-12);
  EXPECT_FALSE(teacher.x.grad().defined());
  const Embeddings other{student.y, student.x, student.scale, {}};
  EXPECT_GT(distillation_loss(other, teacher).item<double>(),
            distillation_loss(student, teacher).item<double>());
}

TEST(LearnableTokenLoss, IsTheMeanOfTheTokensThatExceedTheReferenceMost) {
  const auto double_type = torch::dtype(at::kDouble);
  const at::Tensor losses = torch::tensor({{5.0, 1.0, 4.0}, {2.0, 9.0, 3.0}}, double_type);
  const at::Tensor reference = torch::tensor({{4.5, 0.1, 1.0}, {2.5, 8.9, 1.0}}, double_type);
  // Excess: 0.5 0.9 3.0 / −0.5 0.1 2.0, so the best three are 3.0, 2.0 and 0.9.
  EXPECT_DOUBLE_EQ(learnable_token_loss(losses, reference, 0.5).item<double>(), (4 + 3 + 1) / 3.0);
  EXPECT_DOUBLE_EQ(learnable_token_loss(losses, reference, 1).item<double>(), 4);
  EXPECT_DOUBLE_EQ(learnable_token_loss(losses, reference, 0.01).item<double>(), 4);
  const at::Tensor moved = losses.clone().requires_grad_();
  learnable_token_loss(moved, reference, 0.5).backward();
  const at::Tensor third = torch::tensor({{0.0, 1.0, 1.0}, {0.0, 0.0, 1.0}}, double_type) / 3;
  EXPECT_TRUE(moved.grad().allclose(third));
}

Embeddings rows_of(const Embeddings& all, std::int64_t first, std::int64_t count) {
  return {all.x.narrow(0, first, count), all.y.narrow(0, first, count), all.scale, all.bias};
}

TEST(PartsOfContrastiveLosses, SumToTheLossAndItsGradients) {
  for (const Contrast contrast : {Contrast::kSigmoid, Contrast::kSoftmax}) {
    const Embeddings whole = random_batch(9, 4);
    const Embeddings parts = random_batch(9, 4);
    const at::Tensor want = contrastive_loss(whole, contrast);
    want.backward();
    Embeddings all = parts;
    if (contrast == Contrast::kSigmoid) all.x = at::Tensor();  // which it needs not
    std::int64_t first = 0;
    double sum = 0;
    for (const std::int64_t count : {4, 1, 4}) {
      const Embeddings mine = rows_of(parts, first, count);
      const at::Tensor part = part_of_contrastive_loss(mine, all, first, contrast);
      part.backward();
      sum += part.item<double>();
      first += count;
    }
    EXPECT_NEAR(sum, want.item<double>(), 1e-12);
    EXPECT_TRUE(parts.x.grad().allclose(whole.x.grad(), 1e-10, 1e-12));
    EXPECT_TRUE(parts.y.grad().allclose(whole.y.grad(), 1e-10, 1e-12));
    EXPECT_TRUE(parts.scale.grad().allclose(whole.scale.grad(), 1e-10, 1e-12));
    if (contrast == Contrast::kSigmoid) {
      EXPECT_TRUE(parts.bias.grad().allclose(whole.bias.grad(), 1e-10, 1e-12));
    }
    EXPECT_THROW(part_of_contrastive_loss(rows_of(parts, 0, 4), all, 6, contrast), Error);
  }
}

}  // namespace
}  // namespace jest

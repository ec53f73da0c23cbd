// Fitting the logit scale and bias of a contrastive model to pairs that belong together.

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <utility>

#include "jest/criteria/contrastive.hpp"

namespace jest {
namespace {

using Similarities = Eigen::MatrixXd;  ///< s_ij = x_i·y_j, [n, n]

constexpr const char* kOperation = "fit scale and bias";
constexpr std::int64_t kMostPairs = 1024;
constexpr int kMostIterations = 100;
constexpr double kEnough = 1e-13;  ///< of what a step could still take off the loss, a mean

double sigmoid(double u) {
  const double e = std::exp(-std::fabs(u));
  return (u >= 0 ? 1 : e) / (1 + e);
}

Eigen::MatrixXd rows_of(const MatrixView& matrix, std::int64_t pairs) {
  Eigen::MatrixXd rows(pairs, matrix.cols);
  for (std::int64_t k = 0; k < pairs; ++k) {
    const float* row = matrix.row(k * matrix.rows / pairs);
    for (std::int64_t column = 0; column < matrix.cols; ++column) rows(k, column) = row[column];
  }
  return rows;
}

Similarities similarities_of(const MatrixView& x, const MatrixView& y) {
  check_embeddings(kOperation, {x, y});
  if (x.rows < 2) refuse(kOperation, "at least two pairs", x.rows);
  const std::int64_t pairs = std::min(x.rows, kMostPairs);
  Similarities s = rows_of(x, pairs) * rows_of(y, pairs).transpose();
  if (!s.allFinite()) refuse(kOperation, "finite similarities", "others");
  return s;
}

/// What a step of Newton's method needs: a mean loss and its derivatives by (t, β).
struct Slope {
  double loss = 0;
  Eigen::Vector2d gradient = Eigen::Vector2d::Zero();
  Eigen::Matrix2d curvature = Eigen::Matrix2d::Zero();
};

/// Cross-entropy of σ(t·s + β) with Platt's targets, over all pairs; a stranger counts `weight`.
Slope sigmoid_slope(const Similarities& s, double weight, const Eigen::Vector2d& at) {
  const auto n = static_cast<double>(s.rows());
  const double match = (n + 1) / (n + 2), stranger = 1 / (n * (n - 1) + 2);
  Slope slope;
  for (Eigen::Index j = 0; j < s.cols(); ++j) {
    for (Eigen::Index i = 0; i < s.rows(); ++i) {
      const double target = i == j ? match : stranger, w = i == j ? 1 : weight;
      const double u = at[0] * s(i, j) + at[1], e = std::exp(-std::fabs(u));
      const double p = (u >= 0 ? 1 : e) / (1 + e);
      const Eigen::Vector2d feature(s(i, j), 1);
      slope.loss += w * (std::fmax(u, 0) + std::log1p(e) - target * u);
      slope.gradient += w * (p - target) * feature;
      slope.curvature += w * p * (1 - p) * feature * feature.transpose();
    }
  }
  return {slope.loss / n, slope.gradient / n, slope.curvature / n};
}

/// Cross-entropy of softmax(t·s_i) with the target (n+1)/(n+2) on the match, and the rest shared
/// by all others, for every row of s; an other counts `weight` in the normaliser.
void add_rows(const Similarities& s, double weight, double t, Slope& slope) {
  const auto n = static_cast<double>(s.rows());
  const double match = (n + 1) / (n + 2), stranger = (1 - match) / (n - 1);
  for (Eigen::Index i = 0; i < s.rows(); ++i) {
    const Eigen::ArrayXd row = s.row(i).transpose().array();
    const double largest = t * (t >= 0 ? row.maxCoeff() : row.minCoeff());
    Eigen::ArrayXd weights = weight * (t * row - largest).exp();
    weights[i] /= weight;
    const double total = weights.sum();
    const double mean = (weights * row).sum() / total;
    const double aim = stranger * (row.sum() - row[i]) + match * row[i];
    slope.loss += std::log(total) + largest - t * aim;
    slope.gradient[0] += mean - aim;
    slope.curvature(0, 0) += (weights * (row - mean).square()).sum() / total;
  }
}

Slope softmax_slope(const Similarities& s, double weight, const Eigen::Vector2d& at) {
  const double lines = 2 * static_cast<double>(s.rows());
  Slope slope;
  add_rows(s, weight, at[0], slope);
  add_rows(s.transpose(), weight, at[0], slope);
  slope.curvature(1, 1) = lines;  // the bias stays where it is
  return {slope.loss / lines, slope.gradient / lines, slope.curvature / lines};
}

/// Newton's method with steps halved until the loss falls (Lin, Lin & Weng 2007, algorithm 1). The
/// losses are convex.
template <class Loss>
Eigen::Vector2d minimum(const Loss& loss, Eigen::Vector2d at) {
  Slope slope = loss(at);
  for (int iteration = 0; iteration < kMostIterations; ++iteration) {
    const Eigen::Matrix2d damped = slope.curvature + 1e-12 * Eigen::Matrix2d::Identity();
    const Eigen::Vector2d step = -damped.inverse() * slope.gradient;
    if (-slope.gradient.dot(step) < kEnough) break;
    double share = 1;
    Slope next = loss(at + step);
    while (next.loss > slope.loss + 1e-4 * share * slope.gradient.dot(step) && share > 1e-10) {
      share /= 2;
      next = loss(at + share * step);
    }
    if (share <= 1e-10) break;  // rounding: nothing is left to gain
    at += share * step;
    slope = next;
  }
  return at;
}

}  // namespace

LogitFit fit_scale_and_bias(const MatrixView& x, const MatrixView& y, Contrast contrast,
                            std::int64_t batch) {
  if (batch != 0 && batch < 2) refuse(kOperation, "a batch of at least two pairs", batch);
  const Similarities s = similarities_of(x, y);
  const auto strangers = static_cast<double>((batch == 0 ? s.rows() : batch) - 1);
  const double weight = strangers / static_cast<double>(s.rows() - 1);
  const Eigen::Vector2d fit =
      contrast == Contrast::kSigmoid
          ? minimum([&](const auto& at) { return sigmoid_slope(s, weight, at); },
                    Eigen::Vector2d(0, -std::log(strangers)))
          : minimum([&](const auto& at) { return softmax_slope(s, weight, at); },
                    Eigen::Vector2d(0, 0));
  // In units of the logit: similarities that are all one number have no scale.
  if (!(fit[0] * (s.array() - s.mean()).abs().maxCoeff() > 1e-6)) {
    refuse(kOperation, "pairs more alike than others", "a logit scale of ", fit[0]);
  }
  return {fit[0], contrast == Contrast::kSigmoid ? fit[1] : 0, s.rows()};
}

double mean_match_of_strangers(const EmbeddingsView& embeddings) {
  check_embeddings("match of strangers", embeddings);
  const std::int64_t rows = embeddings.rows(), width = embeddings.x.cols;
  if (rows < kFewestStrangers) return 0;
  double total = 0;
  std::int64_t seen = 0;
  for (std::int64_t i = 0; i < rows; ++i) {
    const Eigen::Map<const Eigen::VectorXf> x(embeddings.x.row(i), width);
    const Eigen::Map<const Eigen::VectorXf> y(embeddings.y.row((i + rows / 2) % rows), width);
    const double match = sigmoid(embeddings.scale * x.dot(y) + embeddings.bias);
    if (std::isnan(match)) continue;
    total += match;
    ++seen;
  }
  return seen == 0 ? 0 : total / static_cast<double>(seen);
}

}  // namespace jest

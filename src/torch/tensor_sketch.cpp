// Tensor sketches: two count sketches, multiplied in the frequency domain.

#include "jest/torch/tensor_sketch.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <string>
#include <vector>

#include "jest/core/noise.hpp"
#include "jest/torch/device.hpp"

namespace jest {
namespace {

constexpr std::uint32_t kSketchStream = 0x736b6368;
constexpr std::int64_t kTilePositions = 1536;           // measured: their sketches stay in cache
constexpr std::int64_t kDeviceTilePositions = 1 << 15;  // enough to fill a GPU, some 100 MB

void check_positions(const std::string& who, const at::Tensor& vectors) {
  if (!vectors.defined() || !vectors.is_floating_point() || vectors.dim() != 3 ||
      vectors.size(1) < 1 || vectors.size(2) < 1) {
    refuse(who, "a floating tensor of positions [n, L, width]",
           vectors.defined() ? text(vectors.dtype(), " ", vectors.sizes(), " on ", vectors.device())
                             : std::string("an undefined tensor"));
  }
}

void check_width(const std::string& who, const at::Tensor& vectors, std::int64_t width) {
  check_positions(who, vectors);
  if (vectors.size(2) != width) refuse(who, text("width ", width), vectors.size(2));
}

void check_targets(const at::Tensor& targets, const at::Tensor& logits) {
  const std::string who = "loss errors, targets";
  const auto shape = logits.sizes().slice(0, 2);
  if (!targets.defined() || targets.sizes() != shape ||
      !at::isIntegralType(targets.scalar_type(), /*includeBool=*/false)) {
    refuse(
        who, text("integers ", shape),
        targets.defined() ? text(targets.dtype(), " ", targets.sizes()) : std::string("nothing"));
  }
  if (targets.numel() == 0) return;
  const auto least = targets.min().item<std::int64_t>();
  const auto most = targets.max().item<std::int64_t>();
  if (least < 0 || most >= logits.size(2)) {
    refuse(who, text("classes from 0 to ", logits.size(2) - 1), least, " to ", most);
  }
}

}  // namespace

TensorSketch::TensorSketch(const TensorSketchSpec& spec) : spec_(spec) {
  if (spec.errors < 1 || spec.hidden < 1 || spec.width < 1) {
    refuse("tensor sketch", "widths of at least 1", "errors ", spec.errors, ", hidden ",
           spec.hidden, ", width ", spec.width);
  }
  errors_ = count_sketch(spec.errors, 1);
  hidden_ = count_sketch(spec.hidden, 2);
}

TensorSketch::CountSketch TensorSketch::count_sketch(std::int64_t inputs,
                                                     std::uint32_t side) const {
  std::vector<std::int64_t> buckets;
  std::vector<float> signs;
  for (std::int64_t k = 0; k < inputs; ++k) {
    const auto index = static_cast<std::uint64_t>(k);
    const PhiloxCounter words =
        philox4x32_10({low_word(index), high_word(index), side, 0},
                      {low_word(spec_.seed) ^ kSketchStream, high_word(spec_.seed)});
    const std::uint64_t bits = (static_cast<std::uint64_t>(words[0]) << 32) | words[1];
    buckets.push_back(static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(spec_.width)));
    signs.push_back(words[2] % 2 == 0 ? 1.0F : -1.0F);
  }
  return {torch::tensor(buckets, at::kLong), torch::tensor(signs, at::kFloat)};
}

/// Count sketches [rows, D] of `flat` [rows, inputs]. By index on the CPU; on other devices as a
/// product with the sketch written out, as additions by index have no fixed order there.
at::Tensor TensorSketch::count_sketches(const at::Tensor& flat, const CountSketch& sketch) const {
  const at::Tensor bucket = sketch.bucket.to(flat.device());
  const at::Tensor sign = sketch.sign.to(flat.device());
  if (flat.is_cpu()) {
    const at::Tensor terms = flat * sign;
    return torch::zeros({flat.size(0), spec_.width}, terms.options()).index_add_(1, bucket, terms);
  }
  at::Tensor matrix = torch::zeros({flat.size(1), spec_.width}, flat.options());
  return flat.mm(matrix.scatter_(1, bucket.unsqueeze(1), sign.unsqueeze(1)));
}

/// Fourier transform [rows, L, D/2 + 1] of the count sketches of `vectors` [rows, L, inputs].
at::Tensor TensorSketch::spectrum(const at::Tensor& vectors, const CountSketch& sketch) const {
  const at::Tensor flat = vectors.to(at::kFloat).reshape({-1, vectors.size(2)});
  const at::Tensor sums = count_sketches(flat, sketch);
  return torch::fft_rfft(sums.view({vectors.size(0), vectors.size(1), spec_.width}));
}

at::Tensor TensorSketch::features(const at::Tensor& errors, const at::Tensor& hidden) const {
  check_width("tensor sketch, errors", errors, spec_.errors);
  check_width("tensor sketch, hidden", hidden, spec_.hidden);
  if (errors.size(0) != hidden.size(0) || errors.size(1) != hidden.size(1)) {
    refuse("tensor sketch", text("hidden ", errors.sizes().slice(0, 2), " as the errors"),
           hidden.sizes().slice(0, 2));
  }
  if (errors.device() != hidden.device()) {
    refuse("tensor sketch", text("hidden on ", errors.device(), " as the errors"), hidden.device());
  }
  const torch::NoGradGuard no_gradient;
  const AutocastGuard in_full(errors.device().type(), Precision::kFull);
  const std::int64_t n = errors.size(0);
  const std::int64_t most = errors.is_cpu() ? kTilePositions : kDeviceTilePositions;
  const std::int64_t tile = std::max<std::int64_t>(1, most / errors.size(1));
  at::Tensor result = torch::empty({n, spec_.width}, errors.options().dtype(at::kFloat));
  for (std::int64_t first = 0; first < n; first += tile) {
    const std::int64_t rows = std::min(tile, n - first);
    const at::Tensor product = spectrum(errors.narrow(0, first, rows), errors_)
                                   .mul_(spectrum(hidden.narrow(0, first, rows), hidden_));
    result.narrow(0, first, rows).copy_(torch::fft_irfft(product.sum(1), spec_.width));
  }
  return result;
}

at::Tensor loss_errors(const at::Tensor& logits, const at::Tensor& targets,
                       const at::Tensor& weights) {
  check_positions("loss errors, logits", logits);
  check_targets(targets, logits);
  if (weights.defined() && weights.sizes() != targets.sizes()) {
    refuse("loss errors, weights", text(targets.sizes()), weights.sizes());
  }
  const torch::NoGradGuard no_gradient;
  at::Tensor errors = torch::softmax(logits.to(at::kFloat), 2);
  const at::Tensor places = targets.to(at::kLong).unsqueeze(2);
  errors.scatter_add_(2, places, torch::full({1, 1, 1}, -1.0F, errors.options()).expand_as(places));
  if (weights.defined()) return errors.mul_(weights.to(at::kFloat).unsqueeze(2));
  return errors.div_(static_cast<double>(logits.size(1)));
}

}  // namespace jest

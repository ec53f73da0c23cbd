// Embeddings on another device, and as views over rows in host memory.

#include "jest/torch/embeddings.hpp"

#include <torch/torch.h>

namespace jest {
namespace {

at::Tensor host_rows(const std::string& who, const at::Tensor& matrix) {
  if (!matrix.defined() || matrix.dim() != 2 || !matrix.is_floating_point()) {
    refuse(who, "embeddings [B, d] of a floating dtype",
           matrix.defined() ? text(matrix.dtype(), " with ", matrix.dim(), " dimensions")
                            : std::string("an undefined tensor"));
  }
  if (matrix.layout() != at::kStrided) {
    refuse(who, "dense embeddings: give them .to_dense()", text("the layout ", matrix.layout()));
  }
  if (matrix.is_meta()) refuse(who, "embeddings with values", "tensors of the device meta");
  return detail::contiguous_rows(matrix.detach().to(at::kCPU, at::kFloat));
}

double scalar(const std::string& who, const at::Tensor& value, double otherwise) {
  if (!value.defined()) return otherwise;
  if (value.numel() != 1) refuse(who, "a 0-d scale and bias", text(value.numel(), " values"));
  return value.item<double>();
}

MatrixView matrix_of(const at::Tensor& rows) {
  return {rows.data_ptr<float>(), rows.size(0), rows.size(1),
          std::max<std::int64_t>(rows.stride(0), rows.size(1))};
}

}  // namespace

Embeddings to_device(const Embeddings& embeddings, c10::Device device) {
  const auto moved = [&](const at::Tensor& tensor) {
    return tensor.defined() ? tensor.to(device) : tensor;
  };
  return {moved(embeddings.x), moved(embeddings.y), moved(embeddings.scale),
          moved(embeddings.bias)};
}

Embeddings fit_scale_and_bias(const Embeddings& curated, Contrast contrast, std::int64_t batch) {
  const HostEmbeddings host("fit scale and bias", curated);
  const LogitFit fit = fit_scale_and_bias(host.view().x, host.view().y, contrast, batch);
  const auto options = curated.x.options().dtype(at::kDouble);
  return {curated.x, curated.y, torch::full({}, fit.scale, options),
          torch::full({}, fit.bias, options)};
}

at::Tensor detail::contiguous_rows(const at::Tensor& matrix) {
  const bool side_by_side = matrix.size(1) <= 1 || matrix.stride(1) == 1;
  const bool apart = matrix.size(0) <= 1 || matrix.stride(0) >= matrix.size(1);
  return side_by_side && apart ? matrix : matrix.contiguous();
}

HostEmbeddings::HostEmbeddings(const std::string& who, const Embeddings& embeddings)
    : x_(host_rows(who, embeddings.x)), y_(host_rows(who, embeddings.y)) {
  view_ = {matrix_of(x_), matrix_of(y_), scalar(who, embeddings.scale, 1.0),
           scalar(who, embeddings.bias, 0.0)};
}

}  // namespace jest

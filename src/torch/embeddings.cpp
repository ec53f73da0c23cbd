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
  if (!matrix.device().is_cpu()) {
    refuse(who, "CPU tensors, as this build has no backend for another device",
           matrix.device().str());
  }
  const at::Tensor rows = matrix.detach().to(at::kFloat);
  return rows.size(1) == 1 || rows.stride(1) == 1 ? rows : rows.contiguous();
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

HostEmbeddings::HostEmbeddings(const std::string& who, const Embeddings& embeddings)
    : x_(host_rows(who, embeddings.x)), y_(host_rows(who, embeddings.y)) {
  view_ = {matrix_of(x_), matrix_of(y_), scalar(who, embeddings.scale, 1.0),
           scalar(who, embeddings.bias, 0.0)};
}

}  // namespace jest

// Batches of tensors: checked when made, cut by positions.

#include "jest/torch/tensor_batch.hpp"

#include <torch/torch.h>

namespace jest {
namespace {

std::vector<std::int64_t> host_ids(const at::Tensor& ids) {
  if (!ids.defined() || ids.dim() != 1 || ids.scalar_type() != at::kLong) {
    refuse("tensor batch", "ids [n] int64",
           ids.defined() ? text(ids.dtype(), " ", ids.sizes()) : std::string("nothing"));
  }
  const at::Tensor host = ids.to(at::kCPU).contiguous();
  const auto* first = host.const_data_ptr<std::int64_t>();
  return {first, first + host.numel()};
}

}  // namespace

TensorBatch::TensorBatch(std::vector<std::int64_t> ids, std::vector<at::Tensor> tensors)
    : ids_(std::move(ids)), tensors_(std::move(tensors)) {
  for (const at::Tensor& tensor : tensors_) {
    const std::int64_t rows = tensor.defined() && tensor.dim() > 0 ? tensor.size(0) : 0;
    if (rows != std::ssize(ids_)) {
      refuse("tensor batch", text("tensors of ", ids_.size(), " rows, one an id"), rows);
    }
  }
}

TensorBatch::TensorBatch(const at::Tensor& ids, std::vector<at::Tensor> tensors)
    : TensorBatch(host_ids(ids), std::move(tensors)) {}

TensorBatch TensorBatch::at(const std::vector<std::int64_t>& positions) const {
  std::vector<std::int64_t> ids;
  ids.reserve(positions.size());
  for (const std::int64_t position : positions) {
    ids.push_back(ids_.at(static_cast<std::size_t>(position)));
  }
  const at::Tensor rows = torch::tensor(positions, at::kLong);
  std::vector<at::Tensor> tensors;
  for (const at::Tensor& tensor : tensors_) {
    tensors.push_back(tensor.index_select(0, rows.to(tensor.device())));
  }
  return {std::move(ids), std::move(tensors)};
}

TensorBatch TensorBatch::to(at::Device device) const {
  std::vector<at::Tensor> tensors;
  for (const at::Tensor& tensor : tensors_) tensors.push_back(tensor.to(device));
  return {ids_, std::move(tensors)};
}

TensorBatch detail::stacked(std::vector<std::int64_t> ids,
                            const std::vector<std::vector<at::Tensor>>& rows) {
  std::vector<at::Tensor> tensors;
  const std::size_t count = rows.empty() ? 0 : rows.front().size();
  for (std::size_t k = 0; k < count; ++k) {
    std::vector<at::Tensor> column;
    for (const auto& row : rows) column.push_back(row.at(k));
    tensors.push_back(torch::stack(column));
  }
  return {std::move(ids), std::move(tensors)};
}

}  // namespace jest

#pragma once
// A batch of tensors with one row an example, ready to be selected from.
//
//   jest::TensorBatch super_batch{ids, {images, labels}};
//   const jest::TensorBatch batch = super_batch.at(picks.indices);   // batch[0]: images
//
// with_ids(dataset) makes a torch::data dataset yield such batches, ids being row numbers;
// hash_id(name) (core/error.hpp) is for examples that have names.

#include <ATen/core/Tensor.h>
#include <c10/util/ArrayRef.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "jest/core/error.hpp"

namespace jest {

/// Fits the concept Batch. Copies share their tensors.
class JEST_EXPORT TensorBatch {
 public:
  /// n ids, and tensors of n rows each on any device. Throws on other lengths.
  TensorBatch(std::vector<std::int64_t> ids, std::vector<at::Tensor> tensors);
  /// Ids [n] int64, of any device; copied.
  TensorBatch(const at::Tensor& ids, std::vector<at::Tensor> tensors);

  std::span<const std::int64_t> ids() const { return ids_; }

  /// The rows at `positions`, in their order: copies of them. O(rows).
  TensorBatch at(const std::vector<std::int64_t>& positions) const;

  /// The k-th tensor.
  const at::Tensor& operator[](std::size_t k) const { return tensors_.at(k); }
  const std::vector<at::Tensor>& tensors() const { return tensors_; }

  /// On another device; ids stay on the host.
  TensorBatch to(at::Device device) const;

 private:
  std::vector<std::int64_t> ids_;
  std::vector<at::Tensor> tensors_;
};

namespace detail {

/// One batch of examples' tensors, stacked: rows[i] holds the tensors of example i.
JEST_EXPORT TensorBatch stacked(std::vector<std::int64_t> ids,
                                const std::vector<std::vector<at::Tensor>>& rows);

}  // namespace detail

/// A dataset for torch::data::make_data_loader whose batches know their row numbers. `Dataset`
/// gives an example {data, target} for a row, and its size, as LibTorch's own do.
template <class Dataset>
class WithIds {
 public:
  using BatchType = TensorBatch;
  using BatchRequestType = c10::ArrayRef<std::size_t>;
  static constexpr bool is_stateful = false;

  explicit WithIds(Dataset dataset) : dataset_(std::move(dataset)) {}

  TensorBatch get_batch(BatchRequestType rows) {
    std::vector<std::int64_t> ids;
    std::vector<std::vector<at::Tensor>> examples;
    for (const std::size_t row : rows) {
      ids.push_back(static_cast<std::int64_t>(row));
      const auto example = dataset_.get(row);
      examples.push_back({example.data, example.target});
    }
    return detail::stacked(std::move(ids), examples);
  }
  std::optional<std::size_t> size() const { return dataset_.size(); }

 private:
  Dataset dataset_;
};

template <class Dataset>
WithIds<Dataset> with_ids(Dataset dataset) {
  return WithIds<Dataset>(std::move(dataset));
}

}  // namespace jest

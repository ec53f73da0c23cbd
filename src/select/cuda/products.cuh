#pragma once
// Tiles of logits by cuBLASLt: operands of 16 or 32 bits, float32 sums, nothing split along the
// width, so that a product is the same in every run.

#include <cuda_runtime.h>

#include <compare>
#include <map>

#include "arrays.hpp"
#include "cublaslt.cuh"
#include "product.hpp"

namespace jest::cuda {

class Products {
 public:
  Products() = default;
  Products(const Products&) = delete;
  Products& operator=(const Products&) = delete;
  ~Products();

  /// `workspace` is of kProductWorkspaceBytes and this stream's alone.
  void enqueue(const Product& product, void* workspace, cudaStream_t stream);

 private:
  struct Shape {
    std::int64_t rows;
    std::int64_t columns;
    std::int64_t width;
    OperandType type;
    auto operator<=>(const Shape&) const = default;
  };
  /// cuBLASLt's descriptors are plain values.
  struct Prepared {
    cublasLtMatmulDescOpaque_t operation;
    cublasLtMatrixLayoutOpaque_t picked;
    cublasLtMatrixLayoutOpaque_t rows;
    cublasLtMatrixLayoutOpaque_t products;
    cublasLtMatmulAlgo_t algorithm;
  };

  static Prepared described(const Shape& shape);
  Prepared& prepared(const Shape& shape);
  void choose_algorithm(Prepared& out) const;

  cublasLtHandle_t handle_ = nullptr;  // made with the first product
  std::map<Shape, Prepared> prepared_;
};

}  // namespace jest::cuda

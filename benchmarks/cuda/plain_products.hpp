#pragma once
// Products of float16 matrices by cuBLASLt and nothing else: float16 out, float32 sums.

#include <cuda_runtime.h>

#include <cstdint>
#include <map>
#include <utility>

#include "select/cuda/cublaslt.cuh"
#include "select/cuda/memory.cuh"

namespace jest::bench {

/// Row-major [rows, width]·[columns, width]^T; see products.cu for how cuBLASLt sees it. One width
/// for each object.
class PlainProducts {
 public:
  explicit PlainProducts(std::int64_t width);
  PlainProducts(const PlainProducts&) = delete;
  PlainProducts& operator=(const PlainProducts&) = delete;
  ~PlainProducts();

  struct Operands {
    const void* rows;
    const void* columns;
    void* products;
  };

  void enqueue(std::int64_t rows, std::int64_t columns, const Operands& on, cudaStream_t stream);

 private:
  struct Prepared {
    cublasLtMatmulDescOpaque_t operation;
    cublasLtMatrixLayoutOpaque_t rows, columns, products;
    cublasLtMatmulAlgo_t algorithm;
  };

  Prepared made(std::int64_t rows, std::int64_t columns) const;

  std::int64_t width_;
  cublasLtHandle_t handle_ = nullptr;
  cuda::OwnMemory workspace_;
  std::map<std::pair<std::int64_t, std::int64_t>, Prepared> prepared_;
};

}  // namespace jest::bench

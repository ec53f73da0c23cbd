#include "floor.hpp"

#include <map>
#include <utility>

#include "inputs.hpp"
#include "select/cuda/cublaslt.cuh"
#include "select/cuda/plan.hpp"

namespace jest::bench {
namespace {

constexpr std::int64_t kWorkspaceBytes = 64 << 20;
constexpr std::int64_t kOutputBytes = std::int64_t{1} << 30;
constexpr std::int64_t kElementBytes = 2;

/// Row-major [rows, width]·[columns, width]^T; see products.cu for how cuBLASLt sees it.
class PlainProducts {
 public:
  PlainProducts() { cuda::check(cuda::cublaslt().create(&handle_), "starting cuBLASLt"); }
  PlainProducts(const PlainProducts&) = delete;
  PlainProducts& operator=(const PlainProducts&) = delete;
  ~PlainProducts() { cuda::cublaslt().destroy(handle_); }

  struct Operands {
    const void* rows;
    const void* columns;
    void* products;
    void* workspace;
  };

  void enqueue(std::int64_t rows, std::int64_t columns, std::int64_t width, const Operands& on,
               cudaStream_t stream) {
    const auto known = prepared_.find({rows, columns});
    Prepared& how =
        known != prepared_.end()
            ? known->second
            : prepared_.emplace(std::pair(rows, columns), made(rows, columns, width)).first->second;
    const float one = 1;
    const float zero = 0;
    cuda::check(cuda::cublaslt().multiply(handle_, &how.operation, &one, on.columns, &how.columns,
                                          on.rows, &how.rows, &zero, on.products, &how.products,
                                          on.products, &how.products, &how.algorithm, on.workspace,
                                          kWorkspaceBytes, stream),
                "multiplying");
  }

 private:
  struct Prepared {
    cublasLtMatmulDescOpaque_t operation;
    cublasLtMatrixLayoutOpaque_t rows, columns, products;
    cublasLtMatmulAlgo_t algorithm;
  };

  static void describe(cublasLtMatrixLayoutOpaque_t& layout, std::int64_t height,
                       std::int64_t width) {
    cuda::check(cuda::cublaslt().init_layout(&layout, sizeof(layout), CUDA_R_16F,
                                             static_cast<std::uint64_t>(height),
                                             static_cast<std::uint64_t>(width), height),
                "describing a matrix");
  }

  Prepared made(std::int64_t rows, std::int64_t columns, std::int64_t width) const {
    const cuda::CublasLt& lt = cuda::cublaslt();
    Prepared out{};
    cuda::check(
        lt.init_operation(&out.operation, sizeof(out.operation), CUBLAS_COMPUTE_32F, CUDA_R_32F),
        "describing a product");
    const cublasOperation_t transposed = CUBLAS_OP_T;
    cuda::check(lt.set_operation(&out.operation, CUBLASLT_MATMUL_DESC_TRANSA, &transposed,
                                 sizeof(transposed)),
                "describing a product");
    describe(out.columns, width, columns);
    describe(out.rows, width, rows);
    describe(out.products, columns, rows);
    cublasLtMatmulPreferenceOpaque_t preference;
    cuda::check(lt.init_preference(&preference, sizeof(preference)), "stating a preference");
    const std::size_t bytes = kWorkspaceBytes;
    cuda::check(lt.set_preference(&preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &bytes,
                                  sizeof(bytes)),
                "stating a preference");
    cublasLtMatmulHeuristicResult_t found{};
    int count = 0;
    cuda::check(lt.find_algorithm(handle_, &out.operation, &out.columns, &out.rows, &out.products,
                                  &out.products, &preference, 1, &found, &count),
                "choosing an algorithm");
    if (count == 0) throw Error("select_cuda_bench: choosing an algorithm: none fits");
    out.algorithm = found.algo;
    return out;
  }

  cublasLtHandle_t handle_ = nullptr;
  std::map<std::pair<std::int64_t, std::int64_t>, Prepared> prepared_;
};

}  // namespace

Timing floor_timing(const Shape& shape, cudaStream_t stream) {
  const auto operand = [&](std::uint64_t seed) {
    return random_rows(shape.candidates, shape.width, cuda::Element::kFloat16, seed);
  };
  const cuda::OwnMemory rows = operand(1);
  const cuda::OwnMemory picked = operand(2);
  const std::int64_t columns = cuda::rounded_up(shape.take(0), cuda::kColumnStep);
  const std::int64_t tile = std::min(shape.candidates, kOutputBytes / (kElementBytes * columns));
  const cuda::OwnMemory output(tile * columns * kElementBytes);
  const cuda::OwnMemory workspace(kWorkspaceBytes);
  PlainProducts products;
  return timing_of(
      [&](int) {
        std::int64_t left = shape.candidates;
        for (std::int64_t round = 0; round + 1 < shape.chunks; ++round) {
          left -= shape.take(round);
          for (int product = 0; product < 4; ++product) {
            for (std::int64_t first = 0; first < left; first += tile) {
              const auto* from =
                  static_cast<const std::byte*>(rows.data()) + first * shape.width * kElementBytes;
              products.enqueue(std::min(tile, left - first), cuda::rounded_up(shape.take(round), 8),
                               shape.width, {from, picked.data(), output.data(), workspace.data()},
                               stream);
            }
          }
        }
      },
      stream);
}

}  // namespace jest::bench

#include "plain_products.hpp"

namespace jest::bench {
namespace {

constexpr std::size_t kWorkspaceBytes = 64 << 20;

void describe(cublasLtMatrixLayoutOpaque_t& layout, std::int64_t height, std::int64_t width) {
  cuda::check(cuda::cublaslt().init_layout(&layout, sizeof(layout), CUDA_R_16F,
                                           static_cast<std::uint64_t>(height),
                                           static_cast<std::uint64_t>(width), height),
              "describing a matrix");
}

}  // namespace

PlainProducts::PlainProducts(std::int64_t width) : width_(width), workspace_(kWorkspaceBytes) {
  cuda::check(cuda::cublaslt().create(&handle_), "starting cuBLASLt");
}

PlainProducts::~PlainProducts() { cuda::cublaslt().destroy(handle_); }

void PlainProducts::enqueue(std::int64_t rows, std::int64_t columns, const Operands& on,
                            cudaStream_t stream) {
  const auto known = prepared_.find({rows, columns});
  Prepared& how =
      known != prepared_.end()
          ? known->second
          : prepared_.emplace(std::pair(rows, columns), made(rows, columns)).first->second;
  const float one = 1;
  const float zero = 0;
  cuda::check(cuda::cublaslt().multiply(handle_, &how.operation, &one, on.columns, &how.columns,
                                        on.rows, &how.rows, &zero, on.products, &how.products,
                                        on.products, &how.products, &how.algorithm,
                                        workspace_.data(), kWorkspaceBytes, stream),
              "multiplying");
}

PlainProducts::Prepared PlainProducts::made(std::int64_t rows, std::int64_t columns) const {
  const cuda::CublasLt& lt = cuda::cublaslt();
  Prepared out{};
  cuda::check(
      lt.init_operation(&out.operation, sizeof(out.operation), CUBLAS_COMPUTE_32F, CUDA_R_32F),
      "describing a product");
  const cublasOperation_t transposed = CUBLAS_OP_T;
  cuda::check(lt.set_operation(&out.operation, CUBLASLT_MATMUL_DESC_TRANSA, &transposed,
                               sizeof(transposed)),
              "describing a product");
  describe(out.columns, width_, columns);
  describe(out.rows, width_, rows);
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

}  // namespace jest::bench

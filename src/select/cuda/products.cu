// Tiles of logits by cuBLASLt, one algorithm chosen for each shape.

#include "products.cuh"

#include "check.cuh"

namespace jest::cuda {
namespace {

constexpr std::size_t kRememberedShapes = 4096;

struct Types {
  cudaDataType_t operand;
  cublasComputeType_t compute;
};

Types types_of(OperandType type) {
  switch (type) {
    case OperandType::kFloat16:
    case OperandType::kFloat16x3:
      return {CUDA_R_16F, CUBLAS_COMPUTE_32F};
    case OperandType::kBfloat16:
      return {CUDA_R_16BF, CUBLAS_COMPUTE_32F};
    case OperandType::kTf32:
      return {CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32};
    case OperandType::kFloat32:
      break;
  }
  return {CUDA_R_32F, CUBLAS_COMPUTE_32F};
}

/// What cuBLASLt sees as a column-major [rows, cols] matrix without gaps.
void describe(cublasLtMatrixLayoutOpaque_t& layout, cudaDataType_t type, std::int64_t rows,
              std::int64_t cols) {
  check(cublaslt().init_layout(&layout, sizeof(layout), type, static_cast<std::uint64_t>(rows),
                               static_cast<std::uint64_t>(cols), rows),
        "describing a matrix");
}

template <class Value>
void set(cublasLtMatmulPreferenceOpaque_t& preference, cublasLtMatmulPreferenceAttributes_t which,
         const Value& value) {
  check(cublaslt().set_preference(&preference, which, &value, sizeof(value)),
        "stating a preference");
}

}  // namespace

Products::~Products() {
  if (handle_) cublaslt().destroy(handle_);
}

/// Row-major products [rows, columns] are column-major [columns, rows]: picked^T · rows, both
/// operands being column-major [width, ...].
Products::Prepared Products::described(const Shape& shape) {
  Prepared out{};
  const Types types = types_of(shape.type);
  check(cublaslt().init_operation(&out.operation, sizeof(out.operation), types.compute, CUDA_R_32F),
        "describing a product");
  const cublasOperation_t transposed = CUBLAS_OP_T;
  check(cublaslt().set_operation(&out.operation, CUBLASLT_MATMUL_DESC_TRANSA, &transposed,
                                 sizeof(transposed)),
        "describing a product");
  describe(out.picked, types.operand, shape.width, shape.columns);
  describe(out.rows, types.operand, shape.width, shape.rows);
  describe(out.products, CUDA_R_32F, shape.columns, shape.rows);
  return out;
}

void Products::choose_algorithm(Prepared& out) const {
  cublasLtMatmulPreferenceOpaque_t preference;
  check(cublaslt().init_preference(&preference, sizeof(preference)), "stating a preference");
  set(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
      static_cast<std::size_t>(kProductWorkspaceBytes));
  set(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
      static_cast<std::uint32_t>(CUBLASLT_REDUCTION_SCHEME_NONE));
  cublasLtMatmulHeuristicResult_t found{};
  int count = 0;
  check(cublaslt().find_algorithm(handle_, &out.operation, &out.picked, &out.rows, &out.products,
                                  &out.products, &preference, 1, &found, &count),
        "choosing an algorithm");
  if (count == 0) throw Error("select, cuda: choosing an algorithm: none fits");
  out.algorithm = found.algo;
}

Products::Prepared& Products::prepared(const Shape& shape) {
  const auto known = prepared_.find(shape);
  if (known != prepared_.end()) return known->second;
  Prepared made = described(shape);
  choose_algorithm(made);
  if (prepared_.size() >= kRememberedShapes) prepared_.clear();
  return prepared_.emplace(shape, made).first->second;
}

void Products::enqueue(const Product& product, void* workspace, cudaStream_t stream) {
  if (!handle_) check(cublaslt().create(&handle_), "starting cuBLASLt");
  Prepared& how = prepared({product.rows, product.columns, product.width, product.type});
  const float one = 1;
  const float zero = 0;
  check(cublaslt().multiply(handle_, &how.operation, &one, product.picked_data, &how.picked,
                            product.rows_data, &how.rows, &zero, product.products, &how.products,
                            product.products, &how.products, &how.algorithm, workspace,
                            static_cast<std::size_t>(kProductWorkspaceBytes), stream),
        "multiplying");
}

}  // namespace jest::cuda

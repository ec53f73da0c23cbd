// What the fused product refuses before it asks for a device: these run on every machine.
#include <gtest/gtest.h>

#include "jest/core/error.hpp"
#include "select/cuda/fused.cuh"

namespace jest {
namespace {

void* at(std::uintptr_t address) { return reinterpret_cast<void*>(address); }

cuda::FusedProduct product_of(std::int64_t rows, std::int64_t columns, std::int64_t width) {
  return {.rows_data = at(4096),
          .picked_data = at(8192),
          .logit = static_cast<const cuda::Base2Logit*>(at(256)),
          .partials = static_cast<float*>(at(16384)),
          .rows = rows,
          .columns = columns,
          .width = width,
          .type = cuda::OperandType::kFloat16,
          .contrast = Contrast::kSigmoid};
}

class CudaFused : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!cuda::fused_built()) GTEST_SKIP() << "this build has no fused product";
  }
};

TEST_F(CudaFused, TakesAnyRowsAndColumnsOfPaddedWidths) {
  for (const auto type : {cuda::OperandType::kFloat16, cuda::OperandType::kBfloat16}) {
    for (const auto contrast : {Contrast::kSigmoid, Contrast::kSoftmax}) {
      for (const auto& [rows, columns, width] : {std::array<std::int64_t, 3>{1, 1, 16},
                                                 {129, 127, 48},
                                                 {16384, 4096, 768},
                                                 {7345, 1639, 3456}}) {
        cuda::FusedProduct product = product_of(rows, columns, width);
        product.type = type;
        product.contrast = contrast;
        EXPECT_NO_THROW(cuda::check_fused(product)) << rows << " " << columns << " " << width;
      }
    }
  }
}

TEST_F(CudaFused, RefusesRowsThatNoTmaCanRead) {
  EXPECT_THROW(cuda::check_fused(product_of(256, 256, 20)), Error);
}

}  // namespace
}  // namespace jest

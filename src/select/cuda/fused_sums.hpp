#pragma once
// The fused route's own arithmetic: one function of a logit for the product's epilogue, and the
// ordered addition of what the epilogue leaves, a float32 sum for each row and tile of columns.

#include "arrays.hpp"
#include "kernel.hpp"

namespace jest::cuda {

inline constexpr std::int64_t kFusedRows = 128;     ///< rows of a tile of the fused product
inline constexpr std::int64_t kFusedColumns = 128;  ///< columns likewise

/// log2(1 + e) / e on (0, 1], Chebyshev fit of degree 8; relative error in float32 1.2e-7.
inline constexpr int kLogDegree = 8;

/// softplus in units of ln 2: log2(1 + 2^v) = max(v, 0) + e·P(e) with e = 2^−|v|. A polynomial,
/// since hardware's logarithm loses the small e of confident pairs.
JEST_HOST_DEVICE inline float base2_softplus(float v) {
  constexpr float kCoefficients[kLogDegree + 1] = {1.44269502F,   -0.721339524F,  0.480678886F,
                                                   -0.358299077F, 0.275221199F,   -0.19623895F,
                                                   0.111832075F,  -0.0419450104F, 0.00739540206F};
  const float e = ::exp2f(-::fabsf(v));
  float p = kCoefficients[kLogDegree];
  for (int k = kLogDegree - 1; k >= 0; --k) p = ::fmaf(p, e, kCoefficients[k]);
  return ::fmaf(e, p, v > 0 ? v : 0.0F);
}

/// A sum of 2^v below it may have lost terms to the end of float32's range.
inline constexpr double kLeastFusedSum = 0x1p-90;

/// What the fused product leaves: partials[n, r] of tile n of columns, rows padded to whole tiles.
struct FusedProduct {
  const void* rows_data;    ///< [rows, width] operands
  const void* picked_data;  ///< [columns, width] operands
  const Base2Logit* logit;  ///< in device memory
  float* partials;
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t width;  ///< a multiple of kWidthStep
  OperandType type;
  Contrast contrast;  ///< sums are of softplus / ln 2, or of 2^v

  JEST_HOST_DEVICE std::int64_t padded_rows() const { return rounded_up(rows, kFusedRows); }
  JEST_HOST_DEVICE std::int64_t column_tiles() const {
    return rounded_up(columns, kFusedColumns) / kFusedColumns;
  }
};

/// One thread a row, tiles in order, in double.
struct AddPartials {
  std::int64_t size;  ///< rows
  FusedProduct product;
  const std::int32_t* positions;  ///< [rows]
  double* sums;                   ///< [B]

  JEST_HOST_DEVICE void operator()(std::int64_t row) const {
    sums[positions[row]] += kLn2 * total(row);
  }

  JEST_HOST_DEVICE double total(std::int64_t row) const {
    double total = 0;
    for (std::int64_t n = 0; n < product.column_tiles(); ++n) {
      total += static_cast<double>(product.partials[n * product.padded_rows() + row]);
    }
    return total;
  }
};

/// The same of 2^v, in log-sum-exp form.
struct AddLogPartials {
  std::int64_t size;  ///< rows
  AddPartials partials;
  const Parameters* parameters;
  int model;

  JEST_HOST_DEVICE void operator()(std::int64_t row) const {
    const double total = partials.total(row);
    const double shift = parameters->models[model].fused_shift;
    double& sum = partials.sums[partials.positions[row]];
    sum = log_add_exp(sum, kLn2 * (::log2(total) + shift));
    if (total < kLeastFusedSum || std::isinf(total)) {
      set_bits(&parameters->answer.report->faults, kLogitRange);
    }
  }
};

}  // namespace jest::cuda

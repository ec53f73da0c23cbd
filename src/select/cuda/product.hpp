#pragma once
// A product of operands, as cuBLASLt is asked for it.

#include "plan.hpp"

namespace jest::cuda {

/// products[r, j] = rows[r]·picked[j], all row-major with whole strides.
struct Product {
  const void* rows_data;    ///< [rows, width] operands
  const void* picked_data;  ///< [columns, width] operands
  float* products;          ///< [rows, columns]
  std::int64_t rows;
  std::int64_t columns;  ///< a multiple of kColumnStep; the last ones may be of zero rows
  std::int64_t width;    ///< a multiple of kWidthStep
  OperandType type;
};

}  // namespace jest::cuda

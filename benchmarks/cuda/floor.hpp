#pragma once
// The floor: the products that a selection cannot do without, by cuBLASLt and nothing else.

#include <cuda_runtime.h>

#include "shape.hpp"
#include "timing.hpp"

namespace jest::bench {

/// Every round's products of all candidates left with its picks, for two models and two directions:
/// float16 in and out (16 bits out, or writing would be the limit at small d), float32 sums.
Timing floor_timing(const Shape& shape, cudaStream_t stream);

}  // namespace jest::bench

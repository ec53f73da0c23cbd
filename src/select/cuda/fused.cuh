#pragma once
// The fused product of compute capability 9.0: CUTLASS, with sums of softplus as its epilogue.

#include <cuda_runtime.h>

#include "fused_sums.hpp"

namespace jest::cuda {

/// Whether this build has it. It runs on devices of compute capability 9.0 alone.
bool fused_built();

/// Throws where `enqueue_fused` would before it asks a device for anything: arrays that are not
/// aligned, sizes that do not fit.
void check_fused(const FusedProduct& product);

/// Enqueues a product of 16-bit operands; all its arrays are aligned to 16 bytes.
void enqueue_fused(const FusedProduct& product, cudaStream_t stream);

}  // namespace jest::cuda

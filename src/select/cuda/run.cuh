#pragma once
// A kernel struct (kernel.hpp) as a __global__ function.

#include "check.cuh"
#include "kernel.hpp"

namespace jest::cuda {

template <class Kernel>
__global__ void __launch_bounds__(Kernel::kThreads) run(const __grid_constant__ Kernel kernel) {
  using Shared = typename Kernel::Shared;
  __shared__ alignas(16) unsigned char storage[sizeof(Shared)];
  Shared& shared = *reinterpret_cast<Shared*>(storage);
  const Place place{blockIdx.x, static_cast<int>(threadIdx.x)};
#pragma unroll
  for (int phase = 0; phase < Kernel::kPhases; ++phase) {
    if (phase > 0) {
      if constexpr (Kernel::kSharesInWarps) {
        __syncwarp();
      } else {
        __syncthreads();
      }
    }
    kernel.phase(phase, place, shared);
  }
}

template <class Kernel>
void launch(const Kernel& kernel, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>(kernel.blocks());
  run<Kernel><<<blocks, Kernel::kThreads, 0, stream>>>(kernel);
  check(cudaGetLastError(), "launching a kernel");
}

}  // namespace jest::cuda

#pragma once
// Formulas that run on the host and in CUDA kernels are written once and marked with this.

#ifdef __CUDACC__
#define JEST_HOST_DEVICE __host__ __device__
#else
#define JEST_HOST_DEVICE
#endif

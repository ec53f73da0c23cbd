#pragma once
// Every call of CUDA and cuBLASLt goes through here: what they refuse becomes a jest::Error.

#include <cuda_runtime.h>

#include "cublaslt.cuh"
#include "jest/core/error.hpp"

namespace jest::cuda {

inline void check(cudaError_t result, const char* operation) {
  if (result == cudaSuccess) return;
  cudaGetLastError();  // an error that has been reported must not come up again later
  throw Error(text("select, cuda: ", operation, ": ", cudaGetErrorString(result)));
}

inline void check(cublasStatus_t result, const char* operation) {
  if (result == CUBLAS_STATUS_SUCCESS) return;
  throw Error(text("select, cuda: ", operation, ": ", cublaslt().status_string(result)));
}

}  // namespace jest::cuda

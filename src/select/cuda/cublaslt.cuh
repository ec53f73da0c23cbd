#pragma once
// The functions of cuBLASLt that products need, loaded with the first product: linked in, the
// library would cost every program a third of a second and 200 MB when it starts.

#include <cublasLt.h>

namespace jest::cuda {

struct CublasLt {
  decltype(&cublasLtCreate) create;
  decltype(&cublasLtDestroy) destroy;
  decltype(&cublasLtGetStatusString) status_string;
  decltype(&cublasLtMatrixLayoutInit_internal) init_layout;
  decltype(&cublasLtMatmulDescInit_internal) init_operation;
  decltype(&cublasLtMatmulDescSetAttribute) set_operation;
  decltype(&cublasLtMatmulPreferenceInit_internal) init_preference;
  decltype(&cublasLtMatmulPreferenceSetAttribute) set_preference;
  decltype(&cublasLtMatmulAlgoGetHeuristic) find_algorithm;
  decltype(&cublasLtMatmul) multiply;
};

/// Throws where the library of the toolkit that this was built with is not found: neither where the
/// system looks nor where it was at build time.
const CublasLt& cublaslt();

}  // namespace jest::cuda

// Finds cuBLASLt beside the toolkit, and its functions in it.

#include "cublaslt.cuh"

#include <dlfcn.h>

#include <string>

#include "jest/core/error.hpp"

namespace jest::cuda {
namespace {

void* library() {
  const std::string name = text("libcublasLt.so.", CUBLAS_VER_MAJOR);
  for (const std::string& path : {name, JEST_CUDA_LIBRARIES "/" + name}) {
    if (void* found = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return found;
  }
  throw Error("select, cuda: loading cuBLASLt: " + std::string(dlerror()));
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (!function) throw Error(text("select, cuda: loading cuBLASLt: no ", name));
}

CublasLt loaded() {
  void* from = library();  // stays until the process ends
  CublasLt out{};
  find(from, "cublasLtCreate", out.create);
  find(from, "cublasLtDestroy", out.destroy);
  find(from, "cublasLtGetStatusString", out.status_string);
  find(from, "cublasLtMatrixLayoutInit_internal", out.init_layout);
  find(from, "cublasLtMatmulDescInit_internal", out.init_operation);
  find(from, "cublasLtMatmulDescSetAttribute", out.set_operation);
  find(from, "cublasLtMatmulPreferenceInit_internal", out.init_preference);
  find(from, "cublasLtMatmulPreferenceSetAttribute", out.set_preference);
  find(from, "cublasLtMatmulAlgoGetHeuristic", out.find_algorithm);
  find(from, "cublasLtMatmul", out.multiply);
  return out;
}

}  // namespace

const CublasLt& cublaslt() {
  static const CublasLt functions = loaded();
  return functions;
}

}  // namespace jest::cuda

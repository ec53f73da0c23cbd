#pragma once
// What a package's code asks the loader for.

namespace jest {

/// Code of a package names libtorch.so, which holds nothing but the names of LibTorch's parts.
/// Where this process has none and none can be loaded, as its parts for CUDA want libraries that
/// are not there, a stand-in beside libjest is loaded that names libtorch_cpu.so alone.
void provide_libtorch();

}  // namespace jest

#pragma once
// How the CUDA backend computes: what is multiplied, by which route, and how it is launched.

namespace jest::cuda {

/// What embeddings in device memory are made of.
enum class Element { kFloat32, kFloat16, kBfloat16 };

/// What tensor cores multiply; sums are float32. Rounding happens on the way into a tile.
enum class Operands {
  kAsStored,  ///< float16 for float32 and float16 embeddings, bfloat16 for bfloat16 ones
  kFloat16,   ///< 11 bits of mantissa; finite values beyond 65504 are a fault
  kBfloat16,  ///< 8 bits
  kTf32,      ///< float32 in memory, 11 bits in the products
  kFloat32,   ///< exact operands, no tensor cores
  /// Each float32 as the sum of two float16, three products: 22 bits, three times the work of
  /// kFloat16; finite values beyond 65504 are a fault, infinite ones make NaN. Beside the rounding
  /// of float32 sums, a product of rows x and y of width d is off by at most
  /// 3·2^-22·Σ_k |x_k·y_k| + 2^-29·Σ_k (|x_k| + |y_k|) + 2^-43·d.
  kFloat16x3,
};

/// Who multiplies, and where the logits go.
enum class Route {
  /// kFused where it exists for the device, the operands and the shape, sigmoid only
  kDefault,
  kProducts,  ///< cuBLASLt writes tiles of logits, a kernel reduces their rows
  /// A product whose epilogue reduces the logits; compute capability 9.0 only. Softmax pairs have
  /// it by name alone: it sums without a maximum, and a candidate whose largest logit among 4096
  /// picks is not between −62 and 83 (plus t − 83 for scales t beyond 83) is a fault.
  kFused,
};

enum class Launch {
  kGraph,   ///< captured once per shape and workspace, then replayed
  kDirect,  ///< kernel by kernel
};

struct Engine {
  Operands operands = Operands::kAsStored;
  Route route = Route::kDefault;
  Launch launch = Launch::kGraph;
};

}  // namespace jest::cuda

#pragma once
// What is measured of one selection on the device, and at which shapes.

#include <cuda_runtime.h>

#include <string>
#include <vector>

#include "jest/select/cuda.hpp"
#include "shape.hpp"
#include "timing.hpp"

namespace jest::bench {

/// A way to compute, by the name that tables show.
struct Case {
  std::string name;
  cuda::Engine engine;
  Contrast contrast = Contrast::kSigmoid;
  cuda::Element element = cuda::Element::kFloat32;
};

struct Measured {
  Timing timing;
  std::int64_t extra_bytes = 0;  ///< the workspace
  std::int64_t taken_bytes = 0;  ///< by the device's own count: with picks, graph and libraries
};

/// The shape of kernels.md's goals: B = 163,840, d = 768, b = 32,768, N = 16.
inline constexpr Shape kHeadline{163840, 768, 32768, 16};

/// One size varies at a time around the headline's.
std::vector<Shape> shapes(bool quick);

/// Both routes everywhere, and every other way at the headline's shape.
std::vector<Case> cases(const Shape& shape);

Measured measure(const Case& which, const Shape& shape, cudaStream_t stream);

/// Gradient alignment, whose rounds read the features once.
Measured measure_alignment(const Shape& shape, cudaStream_t stream);

/// Whether this device has route fused.
bool has_fused();

}  // namespace jest::bench

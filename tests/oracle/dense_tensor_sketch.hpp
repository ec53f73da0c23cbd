#pragma once
// The tensor sketch a second time, from the comment of torch/tensor_sketch.hpp alone: every entry
// of the matrix by itself, double precision.

#include <torch/torch.h>

#include "jest/core/noise.hpp"
#include "jest/torch/tensor_sketch.hpp"

namespace jest::oracle {

struct BucketAndSign {
  std::int64_t bucket;
  double sign;
};

inline BucketAndSign bucket_and_sign(const TensorSketchSpec& spec, std::int64_t index,
                                     std::uint32_t side) {
  const auto name = static_cast<std::uint64_t>(index);
  const PhiloxCounter r =
      philox4x32_10({static_cast<std::uint32_t>(name % 4294967296),
                     static_cast<std::uint32_t>(name / 4294967296), side, 0},
                    {static_cast<std::uint32_t>(spec.seed % 4294967296) ^ std::uint32_t{0x736b6368},
                     static_cast<std::uint32_t>(spec.seed / 4294967296)});
  const std::uint64_t both = r[0] * std::uint64_t{4294967296} + r[1];
  return {static_cast<std::int64_t>(both % static_cast<std::uint64_t>(spec.width)),
          r[2] % 2 == 0 ? 1.0 : -1.0};
}

/// S(G) [D] float64 of G [V, H].
inline at::Tensor dense_tensor_sketch(const at::Tensor& matrix, const TensorSketchSpec& spec) {
  const at::Tensor held = matrix.to(at::kDouble).contiguous();
  const auto entries = held.accessor<double, 2>();
  at::Tensor sketch = torch::zeros({spec.width}, at::kDouble);
  auto sums = sketch.accessor<double, 1>();
  for (std::int64_t v = 0; v < spec.errors; ++v) {
    const BucketAndSign one = bucket_and_sign(spec, v, 1);
    for (std::int64_t u = 0; u < spec.hidden; ++u) {
      const BucketAndSign two = bucket_and_sign(spec, u, 2);
      sums[(one.bucket + two.bucket) % spec.width] += one.sign * two.sign * entries[v][u];
    }
  }
  return sketch;
}

}  // namespace jest::oracle

#pragma once
// Random rows of about unit length in device memory.

#include <array>
#include <cstdint>

#include "jest/select/cuda.hpp"
#include "select/cuda/memory.cuh"
#include "shape.hpp"

namespace jest::bench {

/// A [rows, width] matrix of elements uniform in ±√(3 / width): rows of length 1 on average.
cuda::OwnMemory random_rows(std::int64_t rows, std::int64_t width, cuda::Element element,
                            std::uint64_t seed);

/// x and y of a learner and a reference.
class Inputs {
 public:
  Inputs(const Shape& shape, cuda::Element element)
      : shape_(shape),
        element_(element),
        rows_{random_rows(shape.candidates, shape.width, element, 1),
              random_rows(shape.candidates, shape.width, element, 2),
              random_rows(shape.candidates, shape.width, element, 3),
              random_rows(shape.candidates, shape.width, element, 4)} {}

  cuda::DeviceMatrix matrix(std::size_t which) const {
    return {rows_[which].data(), shape_.candidates, shape_.width, shape_.width, element_};
  }
  cuda::DevicePairs pairs(Contrast contrast) const {
    constexpr double kScale = 20;
    constexpr double kBias = -7;
    return {.learner = {matrix(0), matrix(1), kScale, kBias},
            .reference = {matrix(2), matrix(3), kScale, kBias},
            .contrast = contrast};
  }

 private:
  Shape shape_;
  cuda::Element element_;
  std::array<cuda::OwnMemory, 4> rows_;
};

}  // namespace jest::bench

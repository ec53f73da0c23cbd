#include "floor.hpp"

#include <algorithm>

#include "inputs.hpp"
#include "plain_products.hpp"
#include "select/cuda/plan.hpp"

namespace jest::bench {
namespace {

constexpr std::int64_t kOutputBytes = std::int64_t{1} << 30;
constexpr std::int64_t kElementBytes = 2;

}  // namespace

Timing floor_timing(const Shape& shape, cudaStream_t stream) {
  const auto operand = [&](std::uint64_t seed) {
    return random_rows(shape.candidates, shape.width, cuda::Element::kFloat16, seed);
  };
  const cuda::OwnMemory rows = operand(1);
  const cuda::OwnMemory picked = operand(2);
  const std::int64_t columns = cuda::rounded_up(shape.take(0), cuda::kColumnStep);
  const std::int64_t tile = std::min(shape.candidates, kOutputBytes / (kElementBytes * columns));
  const cuda::OwnMemory output(tile * columns * kElementBytes);
  PlainProducts products(shape.width);
  return timing_of(
      [&](int) {
        std::int64_t left = shape.candidates;
        for (std::int64_t round = 0; round + 1 < shape.chunks; ++round) {
          left -= shape.take(round);
          for (int product = 0; product < 4; ++product) {
            for (std::int64_t first = 0; first < left; first += tile) {
              const auto* from =
                  static_cast<const std::byte*>(rows.data()) + first * shape.width * kElementBytes;
              products.enqueue(std::min(tile, left - first),
                               cuda::rounded_up(shape.take(round), cuda::kColumnStep),
                               {from, picked.data(), output.data()}, stream);
            }
          }
        }
      },
      stream);
}

}  // namespace jest::bench

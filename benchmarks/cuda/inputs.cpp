#include "inputs.hpp"

#include <cmath>
#include <vector>

#include "select/cuda/elements.hpp"

namespace jest::bench {
namespace {

/// splitmix64: fast, since a million rows are filled on the host.
class Uniform {
 public:
  Uniform(std::uint64_t seed, float limit) : state_(seed), limit_(limit) {}

  float next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return limit_ * (static_cast<float>(z >> 40) * 0x1p-23F - 1);
  }

 private:
  std::uint64_t state_;
  float limit_;
};

float rounded(float value, cuda::Element, float) { return value; }
std::uint16_t rounded(float value, cuda::Element element, std::uint16_t) {
  return element == cuda::Element::kFloat16 ? cuda::to_float16(value) : cuda::to_bfloat16(value);
}

template <class Value>
cuda::OwnMemory upload(std::int64_t count, cuda::Element element, Uniform uniform) {
  std::vector<Value> host(static_cast<std::size_t>(count));
  for (Value& value : host) value = rounded(uniform.next(), element, Value{});
  const std::size_t bytes = host.size() * sizeof(Value);
  cuda::OwnMemory device(static_cast<std::int64_t>(bytes));
  cuda::check(cudaMemcpy(device.data(), host.data(), bytes, cudaMemcpyHostToDevice), "uploading");
  return device;
}

}  // namespace

cuda::OwnMemory random_rows(std::int64_t rows, std::int64_t width, cuda::Element element,
                            std::uint64_t seed) {
  const Uniform uniform(seed, std::sqrt(3.0F / static_cast<float>(width)));
  if (element == cuda::Element::kFloat32) return upload<float>(rows * width, element, uniform);
  return upload<std::uint16_t>(rows * width, element, uniform);
}

}  // namespace jest::bench

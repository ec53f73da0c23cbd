#include "structured.hpp"

#include <cmath>
#include <cstddef>
#include <span>

namespace jest::bench {
namespace {

constexpr std::uint64_t kCentres = 64;

/// splitmix64, uniform in ±√3: variance 1.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  float next() { return 1.7320508F * (static_cast<float>(bits() >> 40) * 0x1p-23F - 1); }

 private:
  std::uint64_t state_;
};

void to_unit_length(std::span<float> row) {
  double square = 0;
  for (const float value : row) square += static_cast<double>(value) * value;
  for (float& value : row) value = static_cast<float>(value / std::sqrt(square));
}

}  // namespace

StructuredModel::StructuredModel(const Shape& shape, std::uint64_t seed, float noise)
    : width_(shape.width) {
  const auto width = static_cast<std::size_t>(shape.width);
  x_.resize(static_cast<std::size_t>(shape.candidates) * width);
  y_.resize(x_.size());
  for (std::size_t i = 0; i < x_.size() / width; ++i) {
    Noise pair(seed + i);  // of both models
    const std::uint64_t centre = pair.bits() % kCentres;
    const float clean = 0.5F + pair.next() / 3.4641016F;
    Noise about(centre + 1);
    Noise own(pair.bits() + static_cast<std::uint64_t>(noise * 1000));
    const std::span<float> x(x_.data() + i * width, width);
    const std::span<float> y(y_.data() + i * width, width);
    for (std::size_t k = 0; k < width; ++k) {
      x[k] = 0.25F * about.next() + own.next();
      y[k] = clean * x[k] + noise * own.next();
    }
    to_unit_length(x);
    to_unit_length(y);
  }
}

EmbeddingsView StructuredModel::view(double scale, double bias) const {
  const auto rows = static_cast<std::int64_t>(x_.size()) / width_;
  return {{x_.data(), rows, width_, width_}, {y_.data(), rows, width_, width_}, scale, bias};
}

StructuredModel StructuredModel::at(const std::vector<std::int64_t>& picks) const {
  StructuredModel part;
  part.width_ = width_;
  for (const std::int64_t pick : picks) {
    const auto from = pick * width_;
    part.x_.insert(part.x_.end(), x_.begin() + from, x_.begin() + from + width_);
    part.y_.insert(part.y_.end(), y_.begin() + from, y_.begin() + from + width_);
  }
  return part;
}

}  // namespace jest::bench

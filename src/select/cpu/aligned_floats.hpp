#pragma once
// Memory for packed rows.

#include <cstdint>
#include <memory>

namespace jest::cpu {

struct ReleaseFloats {
  std::int64_t bytes = 0;  ///< of the block, at least those asked for
  void operator()(float* memory) const;
};

/// Floats on a boundary that every vector load likes, not initialised.
///
/// The first touch of a fresh page costs as much as the work on it. So large blocks lie on huge
/// pages where there are any; and each thread keeps up to eight blocks below 1 MiB for its next
/// selection, until it ends.
class AlignedFloats {
 public:
  AlignedFloats() = default;
  explicit AlignedFloats(std::int64_t count);

  float* data() const { return data_.get(); }
  std::int64_t size() const { return size_; }
  std::int64_t bytes() const { return size_ * static_cast<std::int64_t>(sizeof(float)); }

 private:
  using Block = std::unique_ptr<float[], ReleaseFloats>;
  static Block allocate(std::int64_t bytes);

  Block data_;
  std::int64_t size_ = 0;
};

}  // namespace jest::cpu

#pragma once
// Where training should lead: the mean gradient feature of a small curated batch.

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "jest/core/error.hpp"
#include "jest/torch/arrays.hpp"

namespace jest {

/// The target direction v [D] of one period of `refresh_every` steps: step t is of period
/// t / refresh_every, rounded down. It outlives the parameters that gave it, and so is state.
class JEST_EXPORT TargetDirection {
 public:
  /// Throws unless `refresh_every` is at least 1.
  explicit TargetDirection(std::int64_t refresh_every);

  std::int64_t period_of(std::int64_t step) const { return step / refresh_every_; }
  bool is_of(std::int64_t period) const { return period_ == period; }

  /// The mean over n of features [n, D]. Throws on other shapes, on none and on numbers not finite.
  void set(std::int64_t period, const at::Tensor& features);

  /// v [D] float32; undefined before the first `set`.
  const at::Tensor& vector() const { return vector_; }

  /// "period" [1] int64 and, after the first `set`, "direction" [D] float32; and back. Throws on a
  /// state without them.
  NamedTensors state() const;
  void load_state(const NamedTensors& state);

 private:
  std::int64_t refresh_every_;
  std::int64_t period_ = -1;
  at::Tensor vector_;
};

}  // namespace jest

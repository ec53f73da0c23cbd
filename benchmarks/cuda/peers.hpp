#pragma once
// What one would write on LibTorch's operators, on the device, where LibTorch has CUDA.

#include <string>
#include <vector>

#include "shape.hpp"

namespace jest::bench {

struct PeerTime {
  std::string name;
  double host_ms = 0;  ///< median
};

bool torch_has_cuda();

/// Incremental selection in float32, tf32 not allowed, and in 16 bits; the literal listing where
/// its B×B matrices fit.
std::vector<PeerTime> peer_times(const Shape& shape);

}  // namespace jest::bench

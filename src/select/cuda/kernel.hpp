#pragma once
// A kernel is a small struct of plain C++: how many threads a block has, what they share, and what
// one thread does in each phase. Between two phases all threads of a block (or of a warp, if that
// is all that shares) wait for each other. run.cuh turns such a struct into a __global__ function;
// the tests walk its blocks, phases and threads on the host.

#include <cstdint>

#include "jest/core/exact/elementary.hpp"

namespace jest::cuda {

/// Which thread of which block.
struct Place {
  std::int64_t block;
  int thread;
};

inline constexpr int kWarp = 32;

struct Nothing {};

/// One thread for each k in [0, body.size): body(k).
template <class Body>
struct Each {
  static constexpr int kThreads = 256;
  static constexpr int kPhases = 1;
  static constexpr bool kSharesInWarps = true;
  using Shared = Nothing;

  Body body;

  std::int64_t blocks() const { return (body.size + kThreads - 1) / kThreads; }

  JEST_HOST_DEVICE void phase(int, const Place& place, Shared&) const {
    const std::int64_t k = place.block * kThreads + place.thread;
    if (k < body.size) body(k);
  }
};

/// Integer counters that several threads change; the order never shows in the result.
JEST_HOST_DEVICE inline void add_one(std::int32_t* counter) {
#ifdef __CUDA_ARCH__
  atomicAdd(counter, 1);
#else
  ++*counter;
#endif
}

JEST_HOST_DEVICE inline void set_bits(std::uint32_t* word, std::uint32_t bits) {
#ifdef __CUDA_ARCH__
  atomicOr(word, bits);
#else
  *word |= bits;
#endif
}

/// The larger of two non-negative values, or any negative one.
JEST_HOST_DEVICE inline void raise_to(std::int64_t* place, std::int64_t value) {
#ifdef __CUDA_ARCH__
  atomicMax(reinterpret_cast<unsigned long long*>(place), static_cast<unsigned long long>(value));
#else
  if (static_cast<std::uint64_t>(value) > static_cast<std::uint64_t>(*place)) *place = value;
#endif
}

}  // namespace jest::cuda

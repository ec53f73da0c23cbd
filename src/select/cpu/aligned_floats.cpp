// Blocks of memory on huge pages where they are large, kept for the next selection where they are
// small.

#include "aligned_floats.hpp"

#include <cstdlib>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace jest::cpu {
namespace {

constexpr std::int64_t kLine = 64;
constexpr std::int64_t kHugePage = std::int64_t{2} << 20;
constexpr std::int64_t kSpareBytes = std::int64_t{1} << 20;
constexpr std::size_t kMostSpares = 8;

struct Spare {
  float* memory = nullptr;
  std::int64_t bytes = 0;
};

/// Outlives the thread's spares: blocks may be released after them.
thread_local bool spares_are_gone = false;

/// Blocks of this thread that wait for their next use.
struct Spares {
  Spare blocks[kMostSpares];
  std::size_t count = 0;

  ~Spares() {
    spares_are_gone = true;
    for (std::size_t k = 0; k < count; ++k) std::free(blocks[k].memory);
  }
};

thread_local Spares spares;

bool put(const Spare& spare) {
  if (spares_are_gone || spare.bytes >= kSpareBytes || spares.count == kMostSpares) return false;
  spares.blocks[spares.count++] = spare;
  return true;
}

/// A block of at least `bytes` and not wastefully more, or none.
Spare take(std::int64_t bytes) {
  if (spares_are_gone) return {};
  for (std::size_t k = 0; k < spares.count; ++k) {
    const Spare found = spares.blocks[k];
    if (found.bytes < bytes || found.bytes > 2 * bytes) continue;
    spares.blocks[k] = spares.blocks[--spares.count];
    return found;
  }
  return {};
}

}  // namespace

AlignedFloats::AlignedFloats(std::int64_t count) : size_(count) {
  if (count > 0) data_ = allocate(bytes());
}

AlignedFloats::Block AlignedFloats::allocate(std::int64_t bytes) {
  if (const Spare spare = take(bytes); spare.memory) return Block(spare.memory, {spare.bytes});
  const std::int64_t boundary = bytes < kHugePage ? kLine : kHugePage;
  const auto size = static_cast<std::size_t>(bytes);
  void* memory = nullptr;
  if (posix_memalign(&memory, static_cast<std::size_t>(boundary), size) != 0) {
    throw std::bad_alloc();
  }
#ifdef MADV_HUGEPAGE
  if (boundary == kHugePage) madvise(memory, size, MADV_HUGEPAGE);
#endif
  return Block(static_cast<float*>(memory), {bytes});
}

void ReleaseFloats::operator()(float* memory) const {
  if (!put({memory, bytes})) std::free(memory);
}

}  // namespace jest::cpu

#include "aligned_floats.hpp"

#include <cstdlib>
#include <new>
#include <vector>

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
  float* memory;
  std::int64_t bytes;
};

/// Blocks of this thread that wait for their next use.
struct Spares {
  std::vector<Spare> blocks;

  Spares() { blocks.reserve(kMostSpares); }
  ~Spares() {
    for (const Spare& spare : blocks) std::free(spare.memory);
  }

  bool put(const Spare& spare) {
    if (spare.bytes >= kSpareBytes || blocks.size() == kMostSpares) return false;
    blocks.push_back(spare);
    return true;
  }

  /// A block of at least `bytes`, and not wastefully more.
  Spare take(std::int64_t bytes) {
    for (Spare& spare : blocks) {
      if (spare.bytes < bytes || spare.bytes > 4 * bytes) continue;
      const Spare found = spare;
      spare = blocks.back();
      blocks.pop_back();
      return found;
    }
    return {nullptr, 0};
  }
};

thread_local Spares spares;

}  // namespace

AlignedFloats::AlignedFloats(std::int64_t count) : size_(count) {
  if (count > 0) data_ = allocate(bytes());
}

AlignedFloats::Block AlignedFloats::allocate(std::int64_t bytes) {
  if (const Spare spare = spares.take(bytes); spare.memory)
    return Block(spare.memory, {spare.bytes});
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
  if (!spares.put({memory, bytes})) std::free(memory);
}

}  // namespace jest::cpu

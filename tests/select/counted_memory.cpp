// malloc and free of this program, counting. glibc lets a program define its own and still reach
// the originals; sanitizers bring theirs, and then nothing is counted.
#include "oracle/counted_memory.hpp"

#include <malloc.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define JEST_COUNTS_MEMORY 1
#else
#define JEST_COUNTS_MEMORY 0
#endif

namespace jest::oracle {
namespace {

std::atomic<std::int64_t> in_use{0};
std::atomic<std::int64_t> peak{0};

[[maybe_unused]] void* counted(void* block) {
  const auto size = static_cast<std::int64_t>(block ? ::malloc_usable_size(block) : 0);
  const std::int64_t now = in_use += size;
  std::int64_t seen = peak;
  while (now > seen && !peak.compare_exchange_weak(seen, now)) {
  }
  return block;
}

[[maybe_unused]] void uncounted(void* block) {
  if (block) in_use -= static_cast<std::int64_t>(::malloc_usable_size(block));
}

}  // namespace

bool memory_is_counted() { return JEST_COUNTS_MEMORY; }
std::int64_t bytes_now() { return in_use; }
std::int64_t peak_bytes() { return peak; }
void restart_peak() { peak = in_use.load(); }

}  // namespace jest::oracle

#if JEST_COUNTS_MEMORY
extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);

void* malloc(std::size_t size) noexcept { return jest::oracle::counted(__libc_malloc(size)); }

void* calloc(std::size_t count, std::size_t size) noexcept {
  return jest::oracle::counted(__libc_calloc(count, size));
}

void* realloc(void* block, std::size_t size) noexcept {
  jest::oracle::uncounted(block);
  return jest::oracle::counted(__libc_realloc(block, size));
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return jest::oracle::counted(__libc_memalign(alignment, size));
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return memalign(alignment, size);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t size) noexcept {
  *block = memalign(alignment, size);
  return *block ? 0 : ENOMEM;
}

void free(void* block) noexcept {
  jest::oracle::uncounted(block);
  __libc_free(block);
}

}  // extern "C"
#endif

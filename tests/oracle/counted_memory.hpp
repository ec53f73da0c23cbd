#pragma once
// Bytes on the heap, counted by this test program's own malloc and free.

#include <cstdint>

namespace jest::oracle {

/// Whether allocations are counted: not under sanitizers, which bring their own allocator.
bool memory_is_counted();

std::int64_t bytes_now();

/// The most that was ever in use since the last call of `restart_peak`.
std::int64_t peak_bytes();
void restart_peak();

}  // namespace jest::oracle

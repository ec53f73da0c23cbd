// Sorts by CUB's stable radix sort, and counts by its scan.

#include "sort.cuh"

#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_scan.cuh>

#include "check.cuh"

namespace jest::cuda {
namespace {

constexpr int kKeyBits = 64;

/// Calls work(memory, bytes) once to learn how much it needs and once to do it.
template <class Work>
void with_sort_workspace(const Arrays& arrays, const char* operation, const Work& work) {
  std::size_t needed = 0;
  check(work(nullptr, needed), operation);
  auto bytes = static_cast<std::size_t>(arrays.sort_workspace_bytes);
  if (needed > bytes) {
    refuse("select, cuda", text("at most ", bytes, " bytes for ", operation), needed);
  }
  check(work(arrays.sort_workspace, bytes), operation);
}

}  // namespace

void enqueue_sort(const Arrays& arrays, std::int64_t size, cudaStream_t stream) {
  with_sort_workspace(arrays, "sorting keys", [&](void* memory, std::size_t& bytes) {
    return cub::DeviceRadixSort::SortPairsDescending(
        memory, bytes, arrays.keys, arrays.sorted_keys, arrays.slots, arrays.sorted_slots,
        static_cast<std::int32_t>(size), 0, kKeyBits, stream);
  });
}

void enqueue_count(const Arrays& arrays, std::int64_t size, cudaStream_t stream) {
  with_sort_workspace(arrays, "counting picks", [&](void* memory, std::size_t& bytes) {
    return cub::DeviceScan::ExclusiveSum(memory, bytes, arrays.picked, arrays.ranks,
                                         static_cast<std::int32_t>(size), stream);
  });
}

}  // namespace jest::cuda

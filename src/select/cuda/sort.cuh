#pragma once
// Sorting and counting by CUB, in memory that the caller has set aside.

#include <cuda_runtime.h>

#include "arrays.hpp"

namespace jest::cuda {

/// keys and slots to sorted_keys and sorted_slots: descending in key, equal keys in their order.
void enqueue_sort(const Arrays& arrays, std::int64_t size, cudaStream_t stream);

/// ranks[k] = Σ_{l<k} picked[l].
void enqueue_count(const Arrays& arrays, std::int64_t size, cudaStream_t stream);

}  // namespace jest::cuda

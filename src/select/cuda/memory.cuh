#pragma once
// Device memory for whoever calls the backend from the host. `enqueue` allocates nothing: what it
// is made of must not include this.

#include <cstdint>
#include <utility>

#include "check.cuh"

namespace jest::cuda {

class OwnMemory {
 public:
  explicit OwnMemory(std::int64_t bytes) {
    check(cudaMalloc(&data_, static_cast<std::size_t>(bytes)), "allocating device memory");
  }
  OwnMemory(OwnMemory&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
  OwnMemory& operator=(OwnMemory&&) = delete;
  ~OwnMemory() { cudaFree(data_); }
  void* data() const { return data_; }

 private:
  void* data_ = nullptr;
};

}  // namespace jest::cuda

#pragma once
// Carries a pipeline out by enqueueing on two streams.

#include "fused.cuh"
#include "handles.cuh"
#include "pipeline.hpp"
#include "products.cuh"
#include "run.cuh"
#include "sort.cuh"

namespace jest::cuda {

/// What an executor borrows from the selector.
struct Lanes {
  OwnStream second;
  OwnEvent forked;
  OwnEvent joined;
};

class DeviceExecutor {
 public:
  DeviceExecutor(const Arrays& arrays, cudaStream_t stream, Lanes& lanes, Products& products)
      : arrays_(arrays), stream_(stream), lanes_(lanes), products_(products) {}

  template <class Kernel>
  void launch(int lane, const Kernel& kernel) {
    cuda::launch(kernel, stream_of(lane));
  }
  void sort(const Arrays& arrays, std::int64_t size) { enqueue_sort(arrays, size, stream_); }
  void count(const Arrays& arrays, std::int64_t size) { enqueue_count(arrays, size, stream_); }
  void product(int lane, const Product& product) {
    products_.enqueue(product, arrays_.product_workspaces[lane], stream_of(lane));
  }
  void fused_product(int lane, const FusedProduct& product) {
    enqueue_fused(product, stream_of(lane));
  }
  void fork() { lanes_.forked.order(stream_, lanes_.second.get()); }
  void join() { lanes_.joined.order(lanes_.second.get(), stream_); }

 private:
  cudaStream_t stream_of(int lane) const { return lane == 0 ? stream_ : lanes_.second.get(); }

  Arrays arrays_;
  cudaStream_t stream_;
  Lanes& lanes_;
  Products& products_;
};

}  // namespace jest::cuda

#pragma once
// Device memory, streams and whole selections for tests that need a device; all of them skip where
// there is none.

#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <cstring>
#include <utility>
#include <vector>

#include "jest/select/cuda.hpp"

namespace jest::gpu {

class OnDevice : public ::testing::Test {
 protected:
  void SetUp() override {
    if (cuda::device_count() == 0) GTEST_SKIP() << "no CUDA device on this machine";
  }
};

inline void must(cudaError_t result) {
  if (result != cudaSuccess) throw Error(cudaGetErrorString(result));
}

template <class Value>
class Buffer {
 public:
  explicit Buffer(std::size_t count, int fill = 0xff) : count_(count) {
    must(cudaMalloc(&data_, count * sizeof(Value)));
    must(cudaMemset(data_, fill, count * sizeof(Value)));
    must(cudaDeviceSynchronize());
  }
  explicit Buffer(const std::vector<Value>& host) : Buffer(host.size()) {
    must(cudaMemcpy(data_, host.data(), count_ * sizeof(Value), cudaMemcpyHostToDevice));
  }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), count_(other.count_) {}
  Buffer& operator=(Buffer&&) = delete;
  ~Buffer() { cudaFree(data_); }

  Value* data() const { return static_cast<Value*>(data_); }
  std::vector<Value> host() const {
    std::vector<Value> values(count_);
    must(cudaMemcpy(values.data(), data_, count_ * sizeof(Value), cudaMemcpyDeviceToHost));
    return values;
  }

 private:
  void* data_ = nullptr;
  std::size_t count_;
};

class Stream {
 public:
  Stream() { must(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { cudaStreamDestroy(stream_); }
  cudaStream_t get() const { return stream_; }
  void wait() const { must(cudaStreamSynchronize(stream_)); }

 private:
  cudaStream_t stream_ = nullptr;
};

/// One model's embeddings on the device.
template <class Value>
struct Model {
  Buffer<Value> x;
  Buffer<Value> y;
  cuda::DeviceEmbeddings view;

  Model(const std::vector<Value>& host_x, const std::vector<Value>& host_y,
        const cuda::DeviceEmbeddings& shape)
      : x(host_x), y(host_y), view(shape) {
    view.x.data = x.data();
    view.y.data = y.data();
  }
};

struct Answer {
  std::vector<std::int64_t> indices;
  std::vector<double> scores;
  cuda::DeviceReport report;

  bool operator==(const Answer& other) const {
    return indices == other.indices && scores == other.scores &&
           std::memcmp(&report, &other.report, sizeof(report)) == 0;
  }
};

/// Memory of one selection at a time, and the stream it is given.
class Place {
 public:
  Place(const cuda::DeviceCriterion& criterion, const SelectionSpec& spec,
        const cuda::Engine& engine)
      : bytes_(cuda::workspace_bytes(criterion, spec, engine)),
        workspace_(static_cast<std::size_t>(bytes_)),
        indices_(static_cast<std::size_t>(spec.count)),
        scores_(static_cast<std::size_t>(spec.count)),
        report_(1) {}

  void enqueue(cuda::Selector& selector, const cuda::DeviceCriterion& criterion,
               const SelectionSpec& spec) {
    selector.enqueue(criterion, spec, {indices_.data(), scores_.data(), report_.data()},
                     {workspace_.data(), bytes_, stream_.get()});
  }
  Answer answer() const {
    stream_.wait();
    return {indices_.host(), scores_.host(), report_.host()[0]};
  }

 private:
  std::int64_t bytes_;
  Buffer<std::byte> workspace_;
  Buffer<std::int64_t> indices_;
  Buffer<double> scores_;
  Buffer<cuda::DeviceReport> report_;
  Stream stream_;
};

inline Answer answer_of(const cuda::DeviceCriterion& criterion, const SelectionSpec& spec,
                        const cuda::Engine& engine) {
  Place place(criterion, spec, engine);
  cuda::Selector selector(engine);
  place.enqueue(selector, criterion, spec);
  return place.answer();
}

}  // namespace jest::gpu

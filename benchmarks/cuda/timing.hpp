#pragma once
// Times of something that is enqueued: the device's, between two events, and the host's.

#include <cuda_runtime.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "select/cuda/check.cuh"

namespace jest::bench {

inline constexpr int kWarmRuns = 4;  // one by one, captured, replayed, replayed
inline constexpr int kTimedRuns = 24;

struct Timing {
  double ms = 0;       ///< of the device, median
  double low_ms = 0;   ///< a tenth of the runs is at least as fast
  double high_ms = 0;  ///< a tenth is at least as slow
  double host_ms = 0;  ///< from the call until the answer is there, median
};

inline double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
}

class Event {
 public:
  Event() { cuda::check(cudaEventCreate(&event_), "creating an event"); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { cudaEventDestroy(event_); }
  void record(cudaStream_t stream) {
    cuda::check(cudaEventRecord(event_, stream), "recording an event");
  }
  double ms_since(const Event& earlier) const {
    float ms = 0;
    cuda::check(cudaEventElapsedTime(&ms, earlier.event_, event_), "reading an event");
    return ms;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

/// `enqueue(run)` enqueues one run on `stream`.
template <class Enqueue>
Timing timing_of(const Enqueue& enqueue, cudaStream_t stream) {
  std::vector<double> device;
  std::vector<double> host;
  Event begun;
  Event ended;
  for (int run = 0; run < kWarmRuns + kTimedRuns; ++run) {
    const auto start = std::chrono::steady_clock::now();
    begun.record(stream);
    enqueue(run);
    ended.record(stream);
    cuda::check(cudaStreamSynchronize(stream), "waiting for a run");
    const std::chrono::duration<double, std::milli> elapsed =
        std::chrono::steady_clock::now() - start;
    if (run < kWarmRuns) continue;
    device.push_back(ended.ms_since(begun));
    host.push_back(elapsed.count());
  }
  return {quantile(device, 0.5), quantile(device, 0.1), quantile(device, 0.9), quantile(host, 0.5)};
}

}  // namespace jest::bench

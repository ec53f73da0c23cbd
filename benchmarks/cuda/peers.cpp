#include "peers.hpp"

#include <dlfcn.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "peer_algorithms.hpp"

namespace jest::bench {
namespace {

constexpr std::int64_t kMostLiteralCandidates = 32768;
constexpr int kWarmRuns = 3;
constexpr int kTimedRuns = 20;

double median_ms(const std::function<at::Tensor()>& select) {
  std::vector<double> ms;
  for (int run = 0; run < kWarmRuns + kTimedRuns; ++run) {
    torch::cuda::synchronize();
    const auto start = std::chrono::steady_clock::now();
    const at::Tensor picks = select();
    torch::cuda::synchronize();
    const std::chrono::duration<double, std::milli> elapsed =
        std::chrono::steady_clock::now() - start;
    if (run >= kWarmRuns) ms.push_back(elapsed.count());
  }
  std::nth_element(ms.begin(), ms.begin() + kTimedRuns / 2, ms.end());
  return ms[kTimedRuns / 2];
}

}  // namespace

/// LibTorch's CUDA part registers itself when its library is loaded, which nothing here links.
bool torch_has_cuda() {
  static const void* const library = dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL);
  return library && torch::cuda::is_available();
}

std::vector<PeerTime> peer_times(const Shape& shape) {
  const c10::InferenceMode no_gradients;
  const SuperBatch batch(shape, at::kCUDA);
  std::vector<PeerTime> times;
  const auto add = [&](const std::string& name, const std::function<at::Tensor()>& select) {
    times.push_back({name, median_ms(select)});
  };
  add("incremental-f32", [&] { return incremental_sigmoid(batch, at::kFloat); });
  add("incremental-f16", [&] { return incremental_sigmoid(batch, at::kHalf); });
  add("incremental-bf16", [&] { return incremental_sigmoid(batch, at::kBFloat16); });
  if (shape.candidates <= kMostLiteralCandidates) {
    add("literal", [&] { return literal_sigmoid(batch); });
  }
  return times;
}

}  // namespace jest::bench

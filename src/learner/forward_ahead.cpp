#include "jest/learner/forward_ahead.hpp"

#include <ATen/ThreadLocalState.h>
#include <torch/torch.h>

#include <utility>

namespace jest::detail {

FutureEmbeddings begin_forward(c10::Device device, const FutureEmbeddings& before,
                               std::function<Embeddings()> forward) {
  if (!device.is_cpu()) {
    std::packaged_task<Embeddings()> task(std::move(forward));
    task();
    return task.get_future().share();
  }
  return std::async(std::launch::async,
                    [before, state = at::ThreadLocalState(), forward = std::move(forward)] {
                      if (before.valid()) before.wait();
                      const at::ThreadLocalStateGuard as_there(state);
                      return forward();
                    })
      .share();
}

Embeddings joined(const std::vector<Embeddings>& parts) {
  if (parts.size() == 1) return parts.front();
  std::vector<at::Tensor> x;
  std::vector<at::Tensor> y;
  for (const Embeddings& part : parts) {
    x.push_back(part.x);
    y.push_back(part.y);
  }
  return {at::cat(x), at::cat(y), parts.front().scale, parts.front().bias};
}

}  // namespace jest::detail

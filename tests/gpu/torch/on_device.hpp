#pragma once
// Tests of the LibTorch face that need a device; all of them skip where there is none.

#include <c10/core/impl/VirtualGuardImpl.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "jest/torch/device.hpp"
#include "jest/torch/embeddings.hpp"

namespace jest::gpu {

class OnTorchDevice : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      device = find_device("cuda");
    } catch (const Error& error) {
      GTEST_SKIP() << "no CUDA device on this machine: " << error.what();
    }
  }

  Embeddings there(const Embeddings& embeddings) const { return to_device(embeddings, device); }

  at::Device device = at::kCPU;
};

inline c10::impl::VirtualGuardImpl streams() { return c10::impl::VirtualGuardImpl(at::kCUDA); }

/// Another stream than the default one is current for the time of a scope.
class OtherStream {
 public:
  explicit OtherStream(const at::Device& device)
      : before_(streams().exchangeStream(streams().getStreamFromGlobalPool(device))) {}
  OtherStream(const OtherStream&) = delete;
  OtherStream& operator=(const OtherStream&) = delete;
  ~OtherStream() { streams().exchangeStream(before_); }

 private:
  c10::Stream before_;
};

/// Enough work on the current stream to outlast any number of launches behind it.
inline at::Tensor long_work(const at::Device& device) {
  const at::Tensor matrix = torch::ones({8192, 8192}, device);
  at::Tensor product = matrix;
  for (int k = 0; k < 60; ++k) product = product.mm(matrix).mul_(1e-4);
  return product;
}

}  // namespace jest::gpu

#include "train/text/byte_ngrams.hpp"

#include "train/model_memory.hpp"

namespace jest::apps::train {
namespace {

constexpr std::int64_t kOrders = 6;
constexpr std::int64_t kBuckets = 1 << 15;  // of each order
/// Adam moves an entry by about the learning rate a step; rare n-grams must not keep their start.
constexpr double kDeviation = 0.3;

std::uint32_t mixed(std::uint32_t hash) {
  hash ^= hash >> 16;
  hash *= 0x85ebca6bu;
  return hash ^ hash >> 13;
}

/// Rows of the table [n·L, kOrders] int64. O(n·L).
at::Tensor gram_rows(const at::Tensor& bytes) {
  const at::Tensor contiguous = bytes.contiguous();
  const std::int64_t length = bytes.size(1);
  at::Tensor rows = torch::empty({bytes.numel(), kOrders}, at::kLong);
  auto* out = rows.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < bytes.size(0); ++i) {
    const std::uint8_t* sequence = contiguous.data_ptr<std::uint8_t>() + i * length;
    for (std::int64_t p = 0; p < length; ++p) {
      std::uint32_t hash = 0;
      for (std::int64_t order = 0; order < kOrders; ++order) {
        const std::int64_t at = p - 1 - order;
        const auto byte = static_cast<std::uint32_t>(at < 0 ? kStart : sequence[at]);
        hash = (hash + byte + 1) * 0x9e3779b1u;
        *out++ = order * kBuckets + mixed(hash) % kBuckets;
      }
    }
  }
  return rows;
}

}  // namespace

ByteNgramsImpl::ByteNgramsImpl(const ByteModelSpec& spec) : ByteModelImpl(spec) {
  grams_ = register_module("grams", torch::nn::Embedding(kOrders * kBuckets, spec.width));
  torch::nn::init::normal_(grams_->weight, 0.0, kDeviation);
  hidden_ = register_module("hidden", torch::nn::ModuleList());
  std::int64_t width = kOrders * spec.width;
  for (std::int64_t layer = 0; layer < spec.layers; ++layer) {
    hidden_->push_back(torch::nn::Linear(width, spec.hidden));
    width = spec.hidden;
  }
}

double ngrams_parameters(const ByteModelSpec& spec) {
  const double hidden = static_cast<double>(spec.hidden);
  const double read = static_cast<double>(kOrders) * static_cast<double>(spec.width);
  return kBuckets * read + linear_parameters(read, hidden) +
         static_cast<double>(spec.layers - 1) * linear_parameters(hidden, hidden);
}

at::Tensor ByteNgramsImpl::states(const at::Tensor& bytes) {
  at::Tensor state = grams_->forward(gram_rows(bytes).to(grams_->weight.device())).flatten(1);
  for (const auto& layer : *hidden_) {
    state = torch::relu(layer->as<torch::nn::Linear>()->forward(state));
  }
  return state.view({bytes.size(0), bytes.size(1), spec().hidden});
}

double ByteNgramsImpl::forward_flops(std::int64_t length) const {
  const double hidden = static_cast<double>(spec().hidden);
  const double first = 2 * kOrders * spec().width * hidden;
  return length * (first + (spec().layers - 1) * 2 * hidden * hidden + output_flops());
}

}  // namespace jest::apps::train

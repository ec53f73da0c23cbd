// A checkpoint that one rank read, on all of them.

#include <torch/torch.h>

#include "jest/train/checkpoint.hpp"
#include "trainer_state.hpp"

namespace jest {
namespace {

using Json = nlohmann::ordered_json;

/// A text of rank 0 on every rank.
std::string share_text(World& world, std::string words) {
  const at::Tensor size = torch::tensor(static_cast<std::int64_t>(words.size()));
  world.broadcast(size);
  words.resize(static_cast<std::size_t>(size.item<std::int64_t>()));
  const at::Tensor bytes =
      torch::from_blob(words.data(), {size.item<std::int64_t>()}, torch::kByte);
  world.broadcast(bytes);
  return words;
}

/// Names, dtypes and shapes, in order.
Json layout_of(const NamedTensors& tensors) {
  Json layout = Json::array();
  for (const auto& [name, tensor] : tensors) {
    layout.push_back({name, static_cast<int>(tensor.scalar_type()), tensor.sizes().vec()});
  }
  return layout;
}

NamedTensors tensors_like(const Json& layout) {
  NamedTensors tensors;
  for (const Json& one : layout) {
    const auto type = static_cast<at::ScalarType>(one[1].get<int>());
    tensors.emplace_back(one[0].get<std::string>(),
                         torch::empty(one[2].get<std::vector<std::int64_t>>(), type));
  }
  return tensors;
}

}  // namespace

std::optional<Checkpoint> share_checkpoint(World& world, std::optional<Checkpoint> checkpoint) {
  if (world.size() == 1) return checkpoint;
  const bool first = world.rank() == 0;
  Json words;
  if (checkpoint)
    words = {{"state", to_json(checkpoint->state)}, {"layout", layout_of(checkpoint->tensors)}};
  words = Json::parse(share_text(world, first ? words.dump() : ""));
  if (words.is_null()) return std::nullopt;
  if (!first) {
    checkpoint = Checkpoint{trainer_state_of(words.at("state"), "share checkpoint"),
                            tensors_like(words.at("layout"))};
  }
  for (const auto& [name, tensor] : checkpoint->tensors) world.broadcast(tensor);
  return checkpoint;
}

}  // namespace jest

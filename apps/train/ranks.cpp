#include "train/ranks.hpp"

#include <torch/torch.h>

namespace jest::apps::train {

bool first_finds(World* world, const std::function<bool()>& question) {
  if (world == nullptr) return question();
  const at::Tensor answer = torch::zeros({1}, torch::kByte);
  world->on_first([&] { answer[0] = question(); });
  world->broadcast(answer);
  return answer.item<bool>();
}

std::string own_device(const std::string& name, const World* world) {
  if (name != "cuda" || world == nullptr) return name;
  return text("cuda:", launch_of_environment().local_rank);
}

void check_same_text(World* world, const std::string& what, const std::string& words) {
  if (world == nullptr) return;
  const auto size = static_cast<std::int64_t>(words.size());
  check_same(*world, what,
             {torch::from_blob(const_cast<char*>(words.data()), {size}, torch::kChar)});
}

}  // namespace jest::apps::train

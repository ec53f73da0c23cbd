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

Shard part_of_rank(const World* world, std::int64_t size) {
  return world == nullptr ? whole(size) : shard_of(size, world->size(), world->rank());
}

RankRows::RankRows(World* world, const std::vector<std::int64_t>& rows, std::int64_t micro_batch)
    : world_(world), mine_(rows) {
  if (world == nullptr) return;
  const auto shards = shards_of(std::ssize(rows), world->size(), micro_batch);
  for (const Shard& shard : shards) counts_.push_back(shard.count);
  const Shard& own = shards[detail::at(world->rank())];
  if (own.count > 0) {
    mine_.assign(rows.begin() + own.first, rows.begin() + own.first + own.count);
  } else {
    mine_.resize(std::min<std::size_t>(1, rows.size()));
  }
}

at::Tensor RankRows::of_all(const at::Tensor& mine) const {
  if (world_ == nullptr) return mine;
  return world_->gather_rows(mine.narrow(0, 0, counts_[detail::at(world_->rank())]), counts_);
}

Embeddings RankRows::of_all(const Embeddings& mine) const {
  return {of_all(mine.x), of_all(mine.y), mine.scale, mine.bias};
}

}  // namespace jest::apps::train

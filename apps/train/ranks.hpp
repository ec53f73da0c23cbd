#pragma once
// An experiment over the ranks that a launcher started: rank 0 writes OUT, which all must see.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "jest/torch/embeddings.hpp"
#include "jest/torch/world.hpp"

namespace jest::apps::train {

inline bool is_first(const World* world) { return world == nullptr || world->rank() == 0; }

/// Rank 0 does it, and all wait.
inline void on_first(World* world, const std::function<void()>& work) {
  world != nullptr ? world->on_first(work) : work();
}

/// What rank 0 finds, for all of them.
bool first_finds(World* world, const std::function<bool()>& question);

/// "cuda" of several ranks is each one's own device of its host.
std::string own_device(const std::string& name, const World* world);

/// Throws unless all ranks were given the same.
void check_same_text(World* world, const std::string& what, const std::string& words);

/// Of batches of `size` examples, what this rank scores, or trains on where all are picked.
Shard part_of_rank(const World* world, std::int64_t size);

/// Rows that ranks score together: each has whole micro-batches of them, so that a row is scored
/// among the same others as in one process, and has the same bits. Without a world, all of them.
class RankRows {
 public:
  RankRows(World* world, const std::vector<std::int64_t>& rows, std::int64_t micro_batch);

  /// Those of this rank, at least one: a rank that has none of its own scores the first, for the
  /// shape of what it is to gather.
  const std::vector<std::int64_t>& mine() const { return mine_; }
  /// What was found for every row, in order, on every rank, from what was found for `mine()`.
  at::Tensor of_all(const at::Tensor& mine) const;
  Embeddings of_all(const Embeddings& mine) const;

 private:
  World* world_;
  std::vector<std::int64_t> mine_;
  std::vector<std::int64_t> counts_;  // of every rank
};

}  // namespace jest::apps::train

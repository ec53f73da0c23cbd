#pragma once
// An experiment over the ranks that a launcher started: rank 0 writes OUT, which all must see.

#include <functional>
#include <string>

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

}  // namespace jest::apps::train

// Uses jest::nccl: joins, where it was launched, and says which rank it is.

#include <cstdio>
#include <exception>

#include "jest/torch/world.hpp"

int main() {
  try {
    jest::World world = jest::World::joined({.backend = jest::nccl});
    std::printf("consumer: rank %d of %d\n", world.rank(), world.size());
    return 0;
  } catch (const std::exception& error) {
    std::printf("consumer: %s\n", error.what());
    return 1;
  }
}

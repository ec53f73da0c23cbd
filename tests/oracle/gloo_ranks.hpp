#pragma once
// Ranks of a World over Gloo as threads of one process, which meet by a file.

#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "jest/torch/world.hpp"
#include "oracle/temporary_folder.hpp"

namespace jest::oracle {

/// What each rank's work threw; empty where nothing.
template <class Work>
std::vector<std::string> errors_of_worlds(int ranks, const Work& work) {
  // c10d's recorder of collectives, one of a process, enters groups of several threads into a map
  // without a lock (FlightRecorderDetail.hpp, all_pg_status_; LibTorch 2.11), and crashes.
  ::setenv("TORCH_FR_BUFFER_SIZE", "0", /*overwrite=*/0);
  const TemporaryFolder folder;
  std::vector<std::string> errors(static_cast<std::size_t>(ranks));
  {
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < ranks; ++rank) {
      threads.emplace_back([&, rank] {
        try {
          World world = World::joined({.launch = Launch{.rank = rank, .size = ranks},
                                       .store_file = folder.file("store"),
                                       .timeout = std::chrono::seconds(60)});
          work(world);
          world.wait();
        } catch (const std::exception& error) {
          errors[static_cast<std::size_t>(rank)] = error.what();
        }
      });
    }
  }
  return errors;
}

}  // namespace jest::oracle

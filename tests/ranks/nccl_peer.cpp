// One rank of several with a GPU each, whose tensors NCCL exchanges; for tests/ranks. Two GPUs:
//
//   torchrun --standalone --nproc-per-node 2 --no-python nccl_peer --device cuda
//
// With --device cpu the same over Gloo. Checks what ranks tell each other, and steps of training
// against those of one process; says how long a sum of 64 MB takes.
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>

#include "jest/jest.hpp"
#include "oracle/small_towers.hpp"

namespace {

using jest::testing::make_pairs;
using jest::testing::make_towers;

void check(bool holds, const char* what) {
  if (!holds) jest::refuse("nccl_peer", what, "another answer");
}

jest::World joined(bool on_gpu) {
  if (!on_gpu) return jest::World::joined();
  // [nccl]
  jest::World world = jest::World::joined({.backend = jest::nccl});
  // [nccl]
  return world;
}

at::Device own_device(bool on_gpu) {
  if (!on_gpu) return at::kCPU;
  return jest::find_device(jest::text("cuda:", jest::launch_of_environment().local_rank));
}

void check_exchanges(jest::World& world, const at::Device& device) {
  const auto options = torch::dtype(torch::kFloat).device(device);
  const double ranks = world.size();
  for (const std::int64_t length : {5, 1 << 21}) {
    const at::Tensor values = torch::full({length}, world.rank() + 1.0, options);
    world.sum(values);
    check(values.eq(ranks * (ranks + 1) / 2).all().item<bool>(), "a sum over ranks");
    world.broadcast(values.fill_(world.rank()), world.size() - 1);
    check(values.eq(ranks - 1).all().item<bool>(), "the values of the last rank");
  }
  std::vector<std::int64_t> counts;
  for (int rank = 0; rank < world.size(); ++rank) counts.push_back(3 * rank);
  const auto mine = counts[static_cast<std::size_t>(world.rank())];
  const at::Tensor all = world.gather_rows(torch::full({mine, 2}, world.rank(), options), counts);
  check(all.device() == device, "rows on the device they came from");
  check(all.sum().item<double>() == ranks * (ranks - 1) * (2 * ranks - 1), "everybody's rows");
  const at::Tensor own = world.sum_own_rows(torch::ones_like(all), counts);
  check(own.eq(ranks).all().item<bool>() && own.size(0) == mine, "sums of one's own rows");
}

/// The parameters after some steps, each of all ranks' examples.
std::vector<at::Tensor> train(jest::World& world, const at::Device& device) {
  auto towers = make_towers(1);
  towers->dropout->options.p(0);
  towers->to(device);
  torch::optim::Adam optimizer(towers->parameters(), 1e-2);
  jest::Learner learner{towers,
                        optimizer,
                        jest::Contrast::kSigmoid,
                        jest::Precision::kAmbient,
                        {.micro_batch = 8, .world = &world}};
  auto pairs = make_pairs(64, 3);
  pairs.x = pairs.x.to(device);
  pairs.y = pairs.y.to(device);
  const jest::Shard shard = jest::shard_of(64, world.size(), world.rank(), 1);
  std::vector<std::int64_t> rows(static_cast<std::size_t>(shard.count));
  for (std::size_t k = 0; k < rows.size(); ++k) rows[k] = shard.first + std::int64_t(k);
  for (int step = 0; step < 20; ++step) learner.step(pairs.at(rows));
  jest::check_same(world, "parameters", towers->parameters());
  return towers->parameters();
}

void check_training(jest::World& world, const at::Device& device) {
  jest::World alone;
  const auto one = train(alone, device);
  const auto all = train(world, device);
  for (std::size_t k = 0; k < all.size(); ++k) {
    check(torch::allclose(all[k], one[k], 1e-3, 1e-5), "the steps of one process");
  }
}

double milliseconds_of_a_sum(jest::World& world, const at::Device& device) {
  const at::Tensor values = torch::ones({1 << 24}, torch::device(device));
  double fastest = 1e9;
  for (int k = 0; k < 5; ++k) {
    values.fill_(1);
    world.wait();
    const auto began = std::chrono::steady_clock::now();
    world.sum(values);
    check(values[0].item<float>() == static_cast<float>(world.size()), "a sum over ranks");
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    fastest = std::min(fastest, took.count());
  }
  return fastest;
}

void run(const std::string& name) {
  const bool on_gpu = name == "cuda";
  jest::World world = joined(on_gpu);
  const at::Device device = own_device(on_gpu);
  check_exchanges(world, device);
  check_training(world, device);
  const double milliseconds = milliseconds_of_a_sum(world, device);
  if (world.rank() == 0) {
    std::printf("%d ranks, %s: a sum of 64 MB takes %.1f ms\n", world.size(), name.c_str(),
                milliseconds);
  }
}

}  // namespace

int main(int count, char** words) {
  try {
    const std::string name = count == 3 ? words[2] : "";
    if (name != "cuda" && name != "cpu") jest::refuse("nccl_peer", "--device cuda or cpu", name);
    run(name);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}

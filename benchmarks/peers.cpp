// Peers on the same inputs, in the same process, with LibTorch's own threads.
#include <benchmark/benchmark.h>

#include <functional>

#include "benchmarks.hpp"
#include "peer_algorithms.hpp"

namespace jest::bench {
namespace {

using Algorithm = std::function<at::Tensor(const SuperBatch&)>;

struct Peer {
  std::string name;
  Algorithm run;
  int repetitions;
  bool warms_up = true;  // not where one run takes seconds
};

void run_peer(benchmark::State& state, const Peer& peer, const Shape& shape, int threads) {
  const SuperBatch& batch = super_batch(shape);
  at::set_num_threads(threads);
  if (peer.warms_up) peer.run(batch);
  for (auto _ : state) benchmark::DoNotOptimize(peer.run(batch).data_ptr());
  at::set_num_threads(1);
  state.counters["flops"] = shape.flops();
}

void add_peer(const Peer& peer, const Shape& shape, int threads = 1) {
  const std::string name =
      "peer/" + peer.name + "/threads:" + std::to_string(threads) + "/" + shape.name();
  benchmark::RegisterBenchmark(name.c_str(), run_peer, peer, shape, threads)
      ->Iterations(1)
      ->Repetitions(peer.repetitions)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

Algorithm with_type(at::Tensor (*algorithm)(const SuperBatch&, at::ScalarType),
                    at::ScalarType type) {
  return [=](const SuperBatch& batch) { return algorithm(batch, type); };
}

}  // namespace

void add_peers(Extent extent) {
  const bool quick = extent == Extent::kQuick;
  const int few = quick ? 3 : 5;
  const Peer literal{"literal", literal_sigmoid, few};
  const Peer literal_once{literal.name, literal.run, 1, false};  // its two matrices take a minute
  const Peer incremental{"incremental-f32", with_type(incremental_sigmoid, at::kFloat), few};
  const Peer incremental_bf16{"incremental-bf16", with_type(incremental_sigmoid, at::kBFloat16),
                              few};
  const Peer tiled{"tiled-f32", with_type(tiled_sigmoid, at::kFloat), few};
  const Peer tiled_bf16{"tiled-bf16", with_type(tiled_sigmoid, at::kBFloat16), few};
  const Peer tiled_large{tiled.name, tiled.run, few, false};
  const Peer tiled_bf16_large{tiled_bf16.name, tiled_bf16.run, few, false};
  const Peer recomputed{"recomputed-softmax", recomputed_softmax, quick ? 1 : 3, false};
  const Peer softmax{"incremental-softmax", incremental_softmax, few};
  const Peer topk{"topk", independent_topk, 9};
  const Peer loss{"chunked-loss", chunked_sigmoid_loss, few};
  const Shape large{16384, 768, 3277, 16};
  const Shape medium{2048, 512, 410, 16};
  const Shape small{640, 64, 128, 4};
  add_peer(recomputed, medium);
  add_peer(softmax, medium);
  for (const Peer& peer : {tiled_large, topk, literal_once}) add_peer(peer, large);
  if (!quick || multiplies_bfloat16()) add_peer(tiled_bf16_large, large);
  if (quick) return;
  for (const Peer& peer : {incremental, incremental_bf16, tiled, tiled_bf16, topk, literal}) {
    add_peer(peer, small);
  }
  for (const Peer& peer : {incremental, incremental_bf16}) add_peer(peer, large);
  add_peer(loss, large);
  for (const Peer& peer : {incremental, incremental_bf16, tiled, tiled_bf16}) {
    add_peer(peer, large, 2);
  }
  for (const Shape& shape : {medium, Shape{4096, 768, 819, 16}}) {
    for (const Peer& peer : {literal, incremental, incremental_bf16, tiled, tiled_bf16, topk}) {
      add_peer(peer, shape);
    }
  }
}

}  // namespace jest::bench

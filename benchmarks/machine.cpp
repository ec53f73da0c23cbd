// What this machine can do: multiply-adds from registers, and reading memory.
#include <benchmark/benchmark.h>

#include <vector>

#include "benchmarks.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace jest::bench {
namespace {

constexpr int kChains = 24;
constexpr int kRounds = 1'000'000;

#if defined(__x86_64__)
__attribute__((target("avx512f"))) float multiply_add_512() {
  __m512 sums[kChains];
  for (__m512& sum : sums) sum = _mm512_set1_ps(1.0F);
  const __m512 factor = _mm512_set1_ps(0.999F);
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 24
    for (int k = 0; k < kChains; ++k) sums[k] = _mm512_fmadd_ps(sums[k], factor, factor);
  }
  float total = 0;
  for (const __m512& sum : sums) total += _mm512_reduce_add_ps(sum);
  return total;
}

__attribute__((target("avx2,fma"))) float multiply_add_256() {
  constexpr int kHalf = kChains / 2;
  __m256 sums[kHalf];
  for (__m256& sum : sums) sum = _mm256_set1_ps(1.0F);
  const __m256 factor = _mm256_set1_ps(0.999F);
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (int k = 0; k < kHalf; ++k) sums[k] = _mm256_fmadd_ps(sums[k], factor, factor);
  }
  float total = 0;
  for (const __m256& sum : sums) total += _mm256_cvtss_f32(sum);
  return total;
}

__attribute__((target("avx512f,avx512bf16"))) float multiply_add_bf16() {
  __m512 sums[kChains];
  for (__m512& sum : sums) sum = _mm512_set1_ps(1.0F);
  const auto factor = (__m512bh)_mm512_set1_epi32(0x3f003f00);
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 24
    for (int k = 0; k < kChains; ++k) sums[k] = _mm512_dpbf16_ps(sums[k], factor, factor);
  }
  float total = 0;
  for (const __m512& sum : sums) total += _mm512_reduce_add_ps(sum);
  return total;
}
#endif

struct Peak {
  float (*run)();
  double flops;
};

void run_peak(benchmark::State& state, const Peak& peak) {
  for (auto _ : state) benchmark::DoNotOptimize(peak.run());
  state.counters["flops"] = peak.flops;
}

void add_peak(const char* name, const Peak& peak) {
  benchmark::RegisterBenchmark(name, run_peak, peak)
      ->Iterations(1)
      ->Repetitions(51)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

void read_memory(benchmark::State& state) {
  std::vector<float> values(std::size_t{64} << 20, 1.0F);
  for (auto _ : state) {
    float sums[64] = {};
    for (std::size_t k = 0; k < values.size(); k += 64) {
      for (std::size_t lane = 0; lane < 64; ++lane) sums[lane] += values[k + lane];
    }
    benchmark::DoNotOptimize(sums);
  }
  state.counters["bytes"] = static_cast<double>(values.size() * sizeof(float));
}

}  // namespace

bool multiplies_bfloat16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

void add_machine() {
#if defined(__x86_64__)
  constexpr double kFlops = 2.0 * kChains * 16 * kRounds;
  if (__builtin_cpu_supports("avx512f")) {
    add_peak("peak/f32", {multiply_add_512, kFlops});
  } else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    add_peak("peak/f32", {multiply_add_256, kFlops / 4});
  }
  if (multiplies_bfloat16()) add_peak("peak/bf16", {multiply_add_bf16, 2 * kFlops});
#endif
  benchmark::RegisterBenchmark("peak/read", read_memory)
      ->Iterations(1)
      ->Repetitions(5)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace jest::bench

// The scalar kernel: readable, one lane at a time, std::fma throughout.
#include <algorithm>
#include <bit>
#include <cmath>

#include "formulas.hpp"
#include "kernel.hpp"

namespace jest::cpu {
namespace {

/// 2^x for x ≤ 0; below 2^-126 it stays there.
float exp2_of_negative(float x) {
  const float clamped = x > kSmallestExponent ? x : kSmallestExponent;
  const float whole = std::nearbyint(clamped);
  const float f = clamped - whole;
  float p = kExp2[5];
  for (int k = 4; k >= 0; --k) p = std::fma(p, f, kExp2[k]);
  p = std::fma(p, f, 1.0F);
  const auto exponent = static_cast<std::int32_t>(whole) + 127;
  return p * std::bit_cast<float>(exponent << 23);
}

/// log2(1 + q) for 0 ≤ q < 2^97, accurate for tiny q as well.
float log2_of_one_plus(float q) {
  const float w = 1.0F + q;
  const float lost = (q - (w - 1.0F)) / w;
  const auto bits = std::bit_cast<std::int32_t>(w) - std::bit_cast<std::int32_t>(kSqrtHalf);
  const auto exponent = static_cast<float>(bits >> 23);
  const auto m = std::bit_cast<float>((bits & 0x007fffff) + std::bit_cast<std::int32_t>(kSqrtHalf));
  const float s = (m - 1.0F) / (m + 1.0F);
  const float square = s * s;
  float p = kLog2[5];
  for (int k = 4; k >= 0; --k) p = std::fma(p, square, kLog2[k]);
  return exponent + std::fma(lost, static_cast<float>(kLog2E), s * p);
}

float float32(float value) { return value; }

using Convert = float (*)(float);

template <Convert convert>
float word(const Candidates& candidates, std::int64_t k, std::int64_t lane) {
  return candidates.packed ? candidates.packed[k * kLanes + lane]
                           : convert(candidates.rows.rows[lane][k]);
}

template <Convert convert>
float logit(const PanelTask& task, std::int64_t column, std::int64_t lane) {
  if (task.own_columns && task.own_columns[lane] == column) return -INFINITY;
  const Blocks& picked = task.picked;
  std::int64_t block = 0;
  while (picked.begin(block + 1) <= column) ++block;
  const std::int64_t first = picked.begin(block);
  const std::int64_t columns = picked.begin(block + 1) - first;
  const float* words = picked.words + first * picked.depth + (column - first);
  float dot = 0;
  for (std::int64_t link = 0; link < picked.depth; link += kChainWords) {
    float chain = 0;
    for (std::int64_t k = link; k < std::min(link + kChainWords, picked.depth); ++k) {
      chain = std::fma(word<convert>(task.candidates, k, lane), words[k * columns], chain);
    }
    dot += chain;
  }
  const Logit& u = task.logit;
  return std::fma(u.scale, dot, std::fma(u.scale_rest, dot, u.bias_rest)) + u.bias;
}

/// Calls visit(first block, one past the last) for every group of blocks.
template <class Visit>
void for_each_group(const Blocks& picked, const Visit& visit) {
  for (std::int64_t block = 0; block < picked.count(); block += picked.per_group()) {
    const std::int64_t end = std::min(block + picked.per_group(), picked.count());
    visit(block, end);
  }
}

/// Σ log2(1 + 2^v) = Σ max(v, 0) + log2 Π (1 + 2^-|v|); q is the product less one.
template <Convert convert>
void sigmoid(const PanelTask& task, SigmoidLanes& lanes) {
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    for_each_group(task.picked, [&](std::int64_t block, std::int64_t end) {
      float linear = 0;
      float q = 0;
      for (std::int64_t j = task.picked.begin(block); j < task.picked.begin(end); ++j) {
        const float v = logit<convert>(task, j, lane);
        const float e = exp2_of_negative(-std::fabs(v));
        linear += v > 0 ? v : 0;
        q = std::fma(q, e, q + e);
      }
      lanes.sums[lane] += static_cast<double>(linear) + static_cast<double>(log2_of_one_plus(q));
    });
  }
}

/// A running maximum, moved once every kSoftmaxStep columns of a block, and the sum below it.
struct Maximum {
  float largest;
  float sum = 0;

  void add(std::span<const float> v) {
    float top = largest;
    for (const float value : v) top = value > top ? value : top;
    sum *= exp2_of_negative(largest - top);
    for (const float value : v) sum += exp2_of_negative(value - top);
    largest = top;
  }
};

template <Convert convert>
void softmax(const PanelTask& task, SoftmaxLanes& lanes) {
  const Blocks& picked = task.picked;
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    for_each_group(picked, [&](std::int64_t first, std::int64_t end) {
      Maximum maximum{lanes.largest[lane]};
      for (std::int64_t block = first; block < end; ++block) {
        for (std::int64_t j = picked.begin(block); j < picked.begin(block + 1); j += kSoftmaxStep) {
          float v[kSoftmaxStep];
          const std::int64_t count = std::min(kSoftmaxStep, picked.begin(block + 1) - j);
          for (std::int64_t k = 0; k < count; ++k) v[k] = logit<convert>(task, j + k, lane);
          maximum.add({v, static_cast<std::size_t>(count)});
        }
      }
      const auto shrink =
          static_cast<double>(exp2_of_negative(lanes.largest[lane] - maximum.largest));
      lanes.sums[lane] = lanes.sums[lane] * shrink + static_cast<double>(maximum.sum);
      lanes.largest[lane] = maximum.largest;
    });
  }
}

template <Convert convert>
void pack(const RowPointers& rows, std::int64_t stride, float* out) {
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    for (std::int64_t k = 0; k < rows.width; ++k) {
      out[k * stride + static_cast<std::int64_t>(i)] = convert(rows.rows[i][k]);
    }
  }
}

template <Convert convert>
constexpr Kernel kKernel{InstructionSet::kScalar, 1, pack<convert>, sigmoid<convert>,
                         softmax<convert>};

}  // namespace

const Kernel& scalar_kernel(Operands operands) {
  return operands == Operands::kFloat32 ? kKernel<float32> : kKernel<rounded_to_bfloat16>;
}

}  // namespace jest::cpu

#pragma once
// Tiles of products become sums over columns: Σ_j f(u_ij), f = softplus, or exp in log-sum-exp
// form.
//
// Logits are float32 in base 2; every 96 columns of a thread, and everything beyond, are added in
// double. A row is one warp's: thread l adds columns 4l .. 4l+3, 4l+128 .. in this order, then the
// 32 partial sums are folded in halves. So a sum depends on its logits and on c alone.

#include <cmath>
#include <cstdint>

#include "arrays.hpp"
#include "kernel.hpp"

namespace jest::cuda {

inline constexpr int kGroupColumns = 96;

/// Σ softplus(u) = ln 2·Σ max(v, 0) + log Π (1 + 2^−|v|). q is the product less one, so that terms
/// below 2^-24 survive; 96 factors of at most 2 fit float32.
struct SoftplusSum {
  float linear = 0;
  float q = 0;
  double total = 0;

  JEST_HOST_DEVICE void add(float v) {
    const float e = ::exp2f(-::fabsf(v));
    linear += v > 0 ? v : 0;
    q = ::fmaf(q, e, q + e);
  }
  JEST_HOST_DEVICE void close_group() {
    total += kLn2 * static_cast<double>(linear) + static_cast<double>(::log1pf(q));
    linear = 0;
    q = 0;
  }
  JEST_HOST_DEVICE void fold(const SoftplusSum& other) { total += other.total; }
  JEST_HOST_DEVICE double added_to(double sum) const { return sum + total; }
};

/// log Σ e^u = ln 2·(largest + log2(total)), totals relative to the largest v so far.
struct LogSumExp {
  static constexpr float kNothing = -1e30F;
  float largest = kNothing;
  float sum = 0;
  double total = 0;

  JEST_HOST_DEVICE void add(float v) {
    if (v > largest) rise_to(v);
    sum += ::exp2f(v - largest);
  }
  JEST_HOST_DEVICE void close_group() {
    total += static_cast<double>(sum);
    sum = 0;
  }
  JEST_HOST_DEVICE void fold(const LogSumExp& other) {
    LogSumExp low = other.largest > largest ? *this : other;
    if (other.largest > largest) *this = other;
    low.rise_to(largest);
    total += low.total;
  }
  JEST_HOST_DEVICE double added_to(double log_sum) const {
    const double mine = kLn2 * (static_cast<double>(largest) + ::log2(total));
    return log_add_exp(log_sum, mine);
  }

 private:
  JEST_HOST_DEVICE void rise_to(float v) {
    const float ratio = ::exp2f(largest - v);
    sum *= ratio;
    total *= static_cast<double>(ratio);
    largest = v;
  }
};

/// Four rows a block, one warp each; empty columns (−1) and the row's own are left out.
template <class Sum>
struct AddRowSums {
  static constexpr int kRows = 4;
  static constexpr int kThreads = kRows * kWarp;
  static constexpr int kPhases = 7;  // add, fold 16, 8, 4, 2, 1, write
  static constexpr bool kSharesInWarps = true;
  static constexpr int kAtOnce = 4;
  struct Shared {
    Sum sums[kThreads];
  };

  const Parameters* parameters;
  int model;
  const float* products;  ///< [rows, stride]: x_i·y_j
  std::int64_t stride;
  std::int64_t rows;
  std::int64_t columns;
  const std::int32_t* positions;         ///< [rows]
  const std::int32_t* column_positions;  ///< [columns], or null: all columns count
  double* sums;                          ///< [B]

  std::int64_t blocks() const { return (rows + kRows - 1) / kRows; }

  JEST_HOST_DEVICE void phase(int phase, const Place& place, Shared& shared) const {
    const std::int64_t row = place.block * kRows + place.thread / kWarp;
    if (row >= rows) return;
    const int lane = place.thread % kWarp;
    Sum& mine = shared.sums[place.thread];
    if (phase == 0) {
      mine = lane_sum(row, lane);
    } else if (phase < kPhases - 1) {
      const int half = kWarp >> phase;
      if (lane < half) mine.fold(shared.sums[place.thread + half]);
    } else if (lane == 0) {
      double& sum = sums[positions[row]];
      sum = mine.added_to(sum);
    }
  }

 private:
  JEST_HOST_DEVICE Sum lane_sum(std::int64_t row, int lane) const {
    const Base2Logit logit = parameters->models[model].logit;
    const float* product = products + row * stride;
    const std::int32_t own = column_positions ? positions[row] : -1;
    Sum sum;
    int in_group = 0;
    for (std::int64_t j = lane * kAtOnce; j < columns; j += kWarp * kAtOnce) {
      const Four four = load_four(product + j);
      for (int k = 0; k < kAtOnce; ++k) {
        if (j + k < columns && counts(j + k, own)) sum.add(logit.of(four.values[k]));
      }
      in_group += kAtOnce;
      if (in_group == kGroupColumns) {
        sum.close_group();
        in_group = 0;
      }
    }
    sum.close_group();
    return sum;
  }

  JEST_HOST_DEVICE bool counts(std::int64_t column, std::int32_t own) const {
    if (!column_positions) return true;
    return column_positions[column] >= 0 && column_positions[column] != own;
  }

  struct alignas(16) Four {
    float values[kAtOnce];
  };
  JEST_HOST_DEVICE static Four load_four(const float* from) {
    return *reinterpret_cast<const Four*>(from);
  }
};

}  // namespace jest::cuda

#pragma once
// How far the cpu backend's sums are from double precision.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "select/cpu/panel_sums.hpp"

namespace jest::oracle {

struct Regime {
  const char* name;
  double scale;
  double bias;
};

inline constexpr Regime kRegimes[] = {{"fresh", 10, -10},     {"calibrated", 20, -7},
                                      {"sharp", 100, -10},    {"harsh", 100, 0},
                                      {"far-below", 10, -50}, {"far-above", 10, 50}};

/// Σ_j f(t·(a_i·b_j) + β) over picked j, entry by entry; f = softplus, or exp with a logarithm of
/// the sum.
inline double exact_sum(Contrast contrast, const EmbeddingsView& model, std::int64_t i,
                        const std::vector<std::int64_t>& picks) {
  std::vector<double> u;
  for (const std::int64_t j : picks) {
    double dot = 0;
    for (std::int64_t k = 0; k < model.x.cols; ++k) {
      dot += static_cast<double>(model.x.row(i)[k]) * static_cast<double>(model.y.row(j)[k]);
    }
    u.push_back(model.scale * dot + model.bias);
  }
  double total = 0;
  if (contrast == Contrast::kSigmoid) {
    for (const double v : u) total += std::fmax(v, 0.0) + std::log1p(std::exp(-std::fabs(v)));
    return total;
  }
  const double largest = *std::max_element(u.begin(), u.end());
  for (const double v : u) total += std::exp(v - largest);
  return largest + std::log(total);
}

/// The largest error over both directions of every fifth candidate, the others picked: relative of
/// a sum; of a logarithm, which may be near zero, relative to 1 where it is smaller. NaN when any
/// sum is.
inline double largest_sum_error(Contrast contrast, const EmbeddingsView& model) {
  std::vector<std::int64_t> picks;
  for (std::int64_t i = 0; i < model.rows(); ++i) {
    if (i % 5 != 0) picks.push_back(i);
  }
  cpu::PanelSums sums(contrast, model, {});
  if (!sums.fits_float32(sums.largest(0), sums.largest(1)))
    return std::numeric_limits<double>::quiet_NaN();
  sums.add(picked_rows(model, own_picks(picks), 0), AfterPicking::kLeave);
  const EmbeddingsView turned{model.y, model.x, model.scale, model.bias};
  double worst = 0;
  for (std::int64_t i = 0; i < model.rows(); i += 5) {
    const double forward = exact_sum(contrast, model, i, picks);
    const double backward = exact_sum(contrast, turned, i, picks);
    const double least = contrast == Contrast::kSoftmax ? 1 : 0;
    for (const double error :
         {(sums.forward(i) - forward) / std::fmax(std::fabs(forward), least),
          (sums.backward(i) - backward) / std::fmax(std::fabs(backward), least)}) {
      if (!(std::fabs(error) <= worst)) worst = std::fabs(error);
      if (std::isnan(worst)) return worst;
    }
  }
  return worst;
}

}  // namespace jest::oracle

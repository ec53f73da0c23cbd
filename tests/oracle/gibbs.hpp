#pragma once
// Single-site Gibbs sampling of sets of a fixed size, ∝ exp(gain·U(A)): the slow sampler that joint
// selection stands in for. One member at a time leaves and is drawn anew given all the others.

#include <cmath>
#include <random>

#include "oracle/dense_oracle.hpp"

namespace jest::oracle {

struct GibbsSpec {
  std::int64_t sweeps = 20;
  double gain = 1;
  std::uint64_t seed = 0;
};

inline Positions gibbs(const PairSum& criterion, Positions picked, const GibbsSpec& spec) {
  std::mt19937_64 random(spec.seed);
  std::vector<char> taken(static_cast<std::size_t>(criterion.size()), 0);
  std::vector<double> score(static_cast<std::size_t>(criterion.size()));
  for (const std::int64_t i : picked) taken[i] = 1;
  for (std::int64_t i = 0; i < criterion.size(); ++i) score[i] = criterion.score(i, picked);
  const auto move = [&](std::int64_t j, double sign) {
    taken[j] = sign > 0;
    for (std::int64_t i = 0; i < criterion.size(); ++i) {
      if (i != j) score[i] += sign * (criterion.terms[i][j] + criterion.terms[j][i]);
    }
  };
  for (std::int64_t sweep = 0; sweep < spec.sweeps; ++sweep) {
    for (std::int64_t& member : picked) {
      move(member, -1);
      std::extreme_value_distribution<double> gumbel;
      double largest = -std::numeric_limits<double>::infinity();
      for (std::int64_t i = 0; i < criterion.size(); ++i) {
        const double key = taken[i] ? -std::numeric_limits<double>::infinity()
                                    : spec.gain * score[i] + gumbel(random);
        if (key > largest) {
          largest = key;
          member = i;
        }
      }
      move(member, 1);
    }
  }
  return picked;
}

}  // namespace jest::oracle

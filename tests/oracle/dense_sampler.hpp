#pragma once
// The sampler a second time, from docs/method.md section "Sampling", over any dense criterion: full
// sorts, no state between rounds. And its law, by enumeration.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <vector>

#include "jest/core/noise.hpp"
#include "jest/select/selection.hpp"
#include "oracle/dense_oracle.hpp"

namespace jest::oracle {

/// How many candidates each round takes: the first b mod N one more.
inline std::vector<std::int64_t> chunk_sizes(std::int64_t count, std::int64_t chunks) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(chunks), 0);
  for (std::int64_t k = 0; k < count; ++k) ++sizes[k % chunks];
  return sizes;
}

inline double dense_gumbel(const SelectionSpec& spec, std::uint64_t id, std::uint32_t round) {
  const PhiloxCounter r = philox4x32_10(
      {static_cast<std::uint32_t>(id % 4294967296), static_cast<std::uint32_t>(id / 4294967296),
       static_cast<std::uint32_t>(spec.step), round},
      {static_cast<std::uint32_t>(spec.seed % 4294967296),
       static_cast<std::uint32_t>(spec.seed / 4294967296)});
  const double k = std::floor(r[0] / 64.0) * 67108864.0 + std::floor(r[1] / 64.0);
  return -std::log(-std::log((k + 0.5) / 4503599627370496.0));
}

struct DenseSelection {
  Positions indices;
  std::vector<double> scores;
  std::int64_t nan_count = 0;
};

template <class Criterion>
class DenseSampler {
 public:
  DenseSampler(const Criterion& criterion, const SelectionSpec& spec,
               std::span<const std::int64_t> ids)
      : criterion_(criterion), spec_(spec), ids_(ids) {}

  DenseSelection run() {
    DenseSelection result;
    Positions left;
    for (std::int64_t i = 0; i < criterion_.size(); ++i) {
      if (!std::isnan(criterion_.own(i))) left.push_back(i);
    }
    result.nan_count = criterion_.size() - static_cast<std::int64_t>(left.size());
    if (spec_.sampling.preset == Preset::kMeanField) condition_ = left;
    const auto sizes = chunk_sizes(spec_.count, chunk_count(spec_));
    for (std::uint32_t round = 0; round < sizes.size(); ++round) {
      std::erase_if(left, [&](std::int64_t i) {
        const bool nan = std::isnan(criterion_.score(i, condition_));
        result.nan_count += nan;
        return nan;
      });
      const Positions picks = best(left, round, sizes[round]);
      for (const std::int64_t i : picks) {
        result.indices.push_back(i);
        result.scores.push_back(criterion_.score(i, condition_));
        std::erase(left, i);
      }
      condition_.insert(condition_.end(), picks.begin(), picks.end());
    }
    return result;
  }

 private:
  std::int64_t id(std::int64_t i) const { return ids_.empty() ? i : ids_[i]; }

  Positions best(const Positions& left, std::uint32_t round, std::int64_t take) const {
    std::vector<std::pair<double, std::int64_t>> order;  // ascending: −key, id
    std::map<std::int64_t, std::int64_t> position;
    for (const std::int64_t i : left) {
      const double score = criterion_.score(i, condition_);
      if (score == -std::numeric_limits<double>::infinity()) continue;
      order.emplace_back(-key(score, id(i), round), id(i));
      position[id(i)] = i;
    }
    std::sort(order.begin(), order.end());
    Positions picks;
    for (std::int64_t k = 0; k < take; ++k) picks.push_back(position.at(order.at(k).second));
    return picks;
  }

  double key(double score, std::int64_t id, std::uint32_t round) const {
    if (std::isinf(score)) return score;
    switch (spec_.sampling.preset) {
      case Preset::kTopK:
      case Preset::kGreedy:
        return score;
      case Preset::kUniform:
        return dense_gumbel(spec_, static_cast<std::uint64_t>(id), round);
      default:
        return spec_.sampling.gain * score +
               dense_gumbel(spec_, static_cast<std::uint64_t>(id), round);
    }
  }

  const Criterion& criterion_;
  const SelectionSpec& spec_;
  std::span<const std::int64_t> ids_;
  Positions condition_;
};

template <class Criterion>
DenseSelection dense_select(const Criterion& criterion, const SelectionSpec& spec,
                            std::span<const std::int64_t> ids = {}) {
  return DenseSampler<Criterion>(criterion, spec, ids).run();
}

/// Probability of every ordered answer.
using Law = std::map<Positions, double>;

/// Within a round: Plackett–Luce on softmax(gain·g), g given the picks of earlier rounds.
template <class Criterion>
class EnumeratedLaw {
 public:
  EnumeratedLaw(const Criterion& criterion, const SelectionSpec& spec)
      : criterion_(criterion),
        gain_(spec.sampling.preset == Preset::kUniform ? 0 : spec.sampling.gain),
        sizes_(chunk_sizes(spec.count, chunk_count(spec))) {
    extend({}, 1, 0);
  }

  const Law& law() const { return law_; }

 private:
  void extend(const Positions& before, double probability, std::size_t round) {
    if (round == sizes_.size()) {
      law_[before] += probability;
      return;
    }
    std::vector<double> weights;
    for (std::int64_t i = 0; i < criterion_.size(); ++i) {
      weights.push_back(std::exp(gain_ * criterion_.score(i, before)));
    }
    draw(before, before.size() + sizes_[round], probability, weights, round);
  }

  void draw(const Positions& picked, std::size_t until, double probability,
            const std::vector<double>& weights, std::size_t round) {
    if (picked.size() == until) return extend(picked, probability, round + 1);
    double total = 0;
    for (std::int64_t i = 0; i < criterion_.size(); ++i) {
      if (std::find(picked.begin(), picked.end(), i) == picked.end()) total += weights[i];
    }
    for (std::int64_t i = 0; i < criterion_.size(); ++i) {
      if (std::find(picked.begin(), picked.end(), i) != picked.end()) continue;
      Positions next = picked;
      next.push_back(i);
      draw(next, until, probability * weights[i] / total, weights, round);
    }
  }

  const Criterion& criterion_;
  double gain_;
  std::vector<std::int64_t> sizes_;
  Law law_;
};

template <class Criterion>
Law enumerate_law(const Criterion& criterion, const SelectionSpec& spec) {
  return EnumeratedLaw<Criterion>(criterion, spec).law();
}

}  // namespace jest::oracle

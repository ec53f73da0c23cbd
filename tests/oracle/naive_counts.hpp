#pragma once
// What a count guide says, counted anew for every row, in maps of units.

#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "jest/core/noise.hpp"
#include "jest/criteria/count_guide.hpp"

namespace jest::oracle {

using Words = std::vector<std::uint32_t>;

struct CountRow {
  std::int64_t id;
  Words units;
};

/// The interpolated law by its definition, recursively.
class NaiveLaw {
 public:
  NaiveLaw(const std::vector<CountRow>& rows, const CountGuideSpec& spec) : spec_(spec) {
    for (const CountRow& row : rows) {
      for (std::size_t end = 1; end <= row.units.size(); ++end) {
        for (std::size_t length = 1; length <= end && length <= longest(); ++length) {
          const auto last = row.units.begin() + static_cast<std::ptrdiff_t>(end);
          const Words gram(last - static_cast<std::ptrdiff_t>(length), last);
          ++counts_[gram];
          const Words context(gram.begin(), gram.end() - 1);
          ++totals_[context];
          types_[context].insert(gram.back());
        }
      }
    }
  }

  double p(const Words& context, std::uint32_t unit) const {
    const double lower = context.empty() ? 1.0 / static_cast<double>(spec_.alphabet)
                                         : p(Words(context.begin() + 1, context.end()), unit);
    const auto total = totals_.find(context);
    if (total == totals_.end()) return lower;
    Words gram = context;
    gram.push_back(unit);
    const auto count = counts_.find(gram);
    const double kept = count == counts_.end() ? 0 : count->second - spec_.discount;
    const auto types = static_cast<double>(types_.at(context).size());
    return (kept + spec_.discount * types * lower) / total->second;
  }

  double log_p(const Words& row) const {
    double sum = 0;
    for (std::size_t k = 0; k < row.size(); ++k) {
      const std::size_t before = std::min(k, longest() - 1);
      const auto at = row.begin() + static_cast<std::ptrdiff_t>(k);
      sum += std::log(p(Words(at - static_cast<std::ptrdiff_t>(before), at), row[k]));
    }
    return sum;
  }

 private:
  std::size_t longest() const { return static_cast<std::size_t>(spec_.longest); }

  CountGuideSpec spec_;
  std::map<Words, double> counts_, totals_;
  std::map<Words, std::set<std::uint32_t>> types_;
};

/// The bag of n-grams in which every n-gram has a bucket of its own: what hashing stands for where
/// no two n-grams share a bucket.
class NaiveBag {
 public:
  NaiveBag(const std::vector<CountRow>& rows, const CountGuideSpec& spec) : spec_(spec) {
    for (const CountRow& row : rows) {
      for (const Words& gram : grams_of(row.units)) {
        ++counts_[gram];
        ++total_;
      }
    }
  }

  double log_p(const Words& row) const {
    const double buckets = std::exp2(spec_.bucket_bits);
    double sum = 0;
    for (const Words& gram : grams_of(row)) {
      const auto found = counts_.find(gram);
      const double count = found == counts_.end() ? 0 : found->second;
      sum += std::log((count + spec_.smoothing) / (total_ + spec_.smoothing * buckets));
    }
    return sum;
  }

 private:
  std::vector<Words> grams_of(const Words& row) const {
    std::vector<Words> grams;
    const auto size = static_cast<int>(row.size());
    for (int end = 1; end <= size; ++end) {
      for (int length = spec_.shortest; length <= std::min(end, spec_.longest); ++length) {
        grams.emplace_back(row.begin() + end - length, row.begin() + end);
      }
    }
    return grams;
  }

  CountGuideSpec spec_;
  std::map<Words, double> counts_;
  double total_ = 0;
};

template <class Counts>
double naive_loss(const CountRow& row, const std::vector<CountRow>& curated,
                  const std::vector<CountRow>& background, const CountGuideSpec& spec) {
  std::vector<CountRow> others, half;
  for (const CountRow& each : curated) {
    if (each.id != row.id) others.push_back(each);
  }
  const auto upper = [&](std::int64_t id) { return uniform_noise({spec.seed, 0}, id, 0) >= 0.5; };
  for (const CountRow& each : background) {
    if (upper(each.id) != upper(row.id)) half.push_back(each);
  }
  if (row.units.empty()) return 0;
  const double ratio = Counts(half, spec).log_p(row.units) - Counts(others, spec).log_p(row.units);
  return ratio / static_cast<double>(row.units.size());
}

}  // namespace jest::oracle

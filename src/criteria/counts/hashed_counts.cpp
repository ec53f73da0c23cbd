// Bags of n-grams in buckets.

#include <array>
#include <cmath>
#include <vector>

#include "criteria/counts/count_model.hpp"
#include "criteria/counts/ngram_keys.hpp"
#include "criteria/counts/open_table.hpp"

namespace jest {
namespace {

using counts::NgramKeys;

class HashedCounts final : public CountModel {
 public:
  explicit HashedCounts(const CountGuideSpec& spec)
      : spec_(spec), keys_(spec.alphabet), buckets_(std::size_t{1} << spec.bucket_bits) {
    for (auto& counts : counts_) counts.assign(buckets_, 0);
  }

  double add(std::span<const std::uint8_t> row, int part) override { return add_row(row, part); }
  double add(std::span<const std::uint32_t> row, int part) override { return add_row(row, part); }
  Sum sum(std::span<const std::uint8_t> row, const Role& role) const override {
    return role.copies > 0 ? sum_left_out(row, role) : sum_row(row, role);
  }
  Sum sum(std::span<const std::uint32_t> row, const Role& role) const override {
    return role.copies > 0 ? sum_left_out(row, role) : sum_row(row, role);
  }

  /// Log ratios of every bucket, so that a row is scored by one look-up an n-gram.
  double finish() override {
    for (int half = 0; half < 2; ++half) {
      ratios_[half].resize(buckets_);
      for (std::size_t bucket = 0; bucket < buckets_; ++bucket) {
        ratios_[half][bucket] = static_cast<float>(
            log_share(half, bucket) - log_share(counts_[kCurated][bucket], totals_[kCurated]));
      }
    }
    return 2.0 * static_cast<double>(buckets_);
  }

 private:
  /// `visit(bucket)` of every n-gram of the lengths asked for.
  template <class Unit, class Visit>
  void for_buckets(std::span<const Unit> row, const Visit& visit) const {
    const int shift = 64 - spec_.bucket_bits;
    counts::for_ngrams(row, keys_, spec_.longest, [&](std::uint64_t key, int longest) {
      for (int length = spec_.shortest; length <= longest; ++length) {
        const auto salt = static_cast<std::uint64_t>(length) * 0x9E3779B97F4A7C15;
        visit(counts::mixed(keys_.last(key, length) + salt) >> shift);
      }
    });
  }

  template <class Unit>
  double add_row(std::span<const Unit> row, int part) {
    std::vector<std::uint32_t>& counts = counts_[part];
    std::int64_t added = 0;
    for_buckets(row, [&](std::uint64_t bucket) {
      ++counts[bucket];
      ++added;
    });
    totals_[part] += static_cast<double>(added);
    return static_cast<double>(added);
  }

  double log_share(double count, double total) const {
    return std::log((count + spec_.smoothing) /
                    (total + spec_.smoothing * static_cast<double>(buckets_)));
  }
  double log_share(int part, std::size_t bucket) const {
    return log_share(counts_[part][bucket], totals_[part]);
  }

  template <class Unit>
  Sum sum_row(std::span<const Unit> row, const Role& role) const {
    const std::vector<float>& ratios = ratios_[role.half];
    double nats = 0;
    std::int64_t looked_up = 0;
    for_buckets(row, [&](std::uint64_t bucket) {
      nats += double{ratios[bucket]};
      ++looked_up;
    });
    return {.nats = nats, .operations = static_cast<double>(looked_up)};
  }

  template <class Unit>
  Sum sum_left_out(std::span<const Unit> row, const Role& role) const {
    counts::OpenTable<std::int64_t> own;
    std::int64_t own_total = 0;
    for_buckets(row, [&](std::uint64_t bucket) {
      own[bucket] += role.copies;
      own_total += role.copies;
    });
    const double total = totals_[kCurated] - static_cast<double>(own_total);
    Sum sum;
    for_buckets(row, [&](std::uint64_t bucket) {
      const std::int64_t left = counts_[kCurated][bucket] - *own.find(bucket);
      if (left < 0) refuse("count guide", kOwnRow, "another");
      sum.nats += log_share(role.half, bucket) - log_share(static_cast<double>(left), total);
      sum.operations += 3;
    });
    return sum;
  }

  CountGuideSpec spec_;
  NgramKeys keys_;
  std::size_t buckets_;
  std::array<std::vector<std::uint32_t>, 3> counts_;
  std::array<double, 3> totals_{};
  std::array<std::vector<float>, 2> ratios_;
};

}  // namespace

std::unique_ptr<CountModel> hashed_counts(const CountGuideSpec& spec) {
  return std::make_unique<HashedCounts>(spec);
}

}  // namespace jest

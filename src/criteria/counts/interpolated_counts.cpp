// Interpolated n-grams.

#include <array>
#include <cmath>
#include <optional>

#include "criteria/counts/count_model.hpp"
#include "criteria/counts/ngram_law.hpp"

namespace jest {
namespace {

using counts::LawSpec;
using counts::NgramCounts;
using counts::NgramKeys;
using counts::NgramLaw;
using counts::OpenTable;

/// Curated counts without the copies of one row.
class LeftOut {
 public:
  template <class Unit>
  LeftOut(const NgramCounts& all, std::span<const Unit> row, std::int64_t copies,
          const LawSpec& spec)
      : all_(all),
        own_(all.keys(), all.longest()),
        copies_(copies),
        spec_(spec),
        gone_(static_cast<std::size_t>(all.longest())) {
    own_.add(row);
    own_.finish();
    for (int length = 1; length <= all.longest(); ++length) {
      own_.grams(length).for_each([&](std::uint64_t key, std::uint32_t) {
        if (count(key, length) == 0) {
          ++gone_[static_cast<std::size_t>(length) - 1][all.keys().context(key)];
        }
      });
    }
  }

  double operator()(std::uint64_t key, int length, std::int64_t& operations) const {
    double p = 1 / static_cast<double>(spec_.alphabet);
    for (int shorter = 1; shorter <= length; ++shorter) {
      const std::uint64_t gram = all_.keys().last(key, shorter);
      const NgramCounts::Context left = context(all_.keys().context(gram), shorter);
      operations += 5;
      if (left.total <= 0) return p;
      p = counts::interpolated(static_cast<double>(count(gram, shorter)), left, spec_, p);
    }
    return p;
  }

 private:
  std::int64_t count(std::uint64_t key, int length) const {
    const std::uint32_t* found = all_.grams(length).find(key);
    const std::int64_t left =
        std::int64_t{found ? *found : 0} - copies_ * *own_.grams(length).find(key);
    if (left < 0) refuse("count guide", CountModel::kOwnRow, "another");
    return left;
  }

  NgramCounts::Context context(std::uint64_t key, int length) const {
    NgramCounts::Context left = *all_.contexts(length).find(key);
    left.total -= copies_ * own_.contexts(length).find(key)->total;
    const std::int64_t* gone = gone_[static_cast<std::size_t>(length) - 1].find(key);
    left.types -= gone ? *gone : 0;
    return left;
  }

  const NgramCounts& all_;
  NgramCounts own_;
  std::int64_t copies_;
  LawSpec spec_;
  std::vector<OpenTable<std::int64_t>> gone_;  ///< units that no longer follow a context
};

class InterpolatedCounts final : public CountModel {
 public:
  explicit InterpolatedCounts(const CountGuideSpec& spec)
      : spec_{.discount = spec.discount, .alphabet = spec.alphabet},
        counts_{made(spec), made(spec), made(spec)} {}

  double add(std::span<const std::uint8_t> row, int part) override { return add_row(row, part); }
  double add(std::span<const std::uint32_t> row, int part) override { return add_row(row, part); }
  Sum sum(std::span<const std::uint8_t> row, const Role& role) const override {
    return sum_row(row, role);
  }
  Sum sum(std::span<const std::uint32_t> row, const Role& role) const override {
    return sum_row(row, role);
  }

  double finish() override {
    double operations = 0;
    for (std::size_t part = 0; part < counts_.size(); ++part) {
      operations += static_cast<double>(counts_[part]->finish());
      laws_[part].emplace(*counts_[part], spec_);
      if (part != kCurated) counts_[part].reset();  // rows are left out of curated counts alone
    }
    return operations;
  }

 private:
  static std::optional<NgramCounts> made(const CountGuideSpec& spec) {
    return NgramCounts(NgramKeys(spec.alphabet), spec.longest);
  }

  template <class Unit>
  double add_row(std::span<const Unit> row, int part) {
    return static_cast<double>(counts_[static_cast<std::size_t>(part)]->add(row));
  }

  template <class Unit>
  Sum sum_row(std::span<const Unit> row, const Role& role) const {
    if (role.copies == 0) return sum_by(row, role, *laws_[kCurated]);
    return sum_by(row, role, LeftOut(*counts_[kCurated], row, role.copies, spec_));
  }

  template <class Unit, class Curated>
  Sum sum_by(std::span<const Unit> row, const Role& role, const Curated& curated) const {
    const NgramCounts& counts = *counts_[kCurated];
    const NgramLaw& background = *laws_[static_cast<std::size_t>(role.half)];
    double nats = 0;
    std::int64_t operations = 0;
    counts::for_ngrams(row, counts.keys(), counts.longest(), [&](std::uint64_t key, int length) {
      nats += std::log(background(key, length, operations) / curated(key, length, operations));
    });
    return {.nats = nats, .operations = static_cast<double>(operations)};
  }

  LawSpec spec_;
  std::array<std::optional<NgramCounts>, 3> counts_;
  std::array<std::optional<NgramLaw>, 3> laws_;
};

}  // namespace

std::unique_ptr<CountModel> interpolated_counts(const CountGuideSpec& spec) {
  return std::make_unique<InterpolatedCounts>(spec);
}

}  // namespace jest

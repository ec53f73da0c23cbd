#pragma once
// A user's own criterion, as small as can be: given own terms and a given pair matrix.

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "jest/criteria/conditional_scores.hpp"
#include "jest/select/exchange.hpp"
#include "oracle/dense_oracle.hpp"

namespace jest::oracle {

class FixedScores {
 public:
  explicit FixedScores(std::vector<double> own) : terms_(dense_separable(own)), scores_(own) {}
  explicit FixedScores(PairSum terms) : terms_(std::move(terms)) {
    for (std::int64_t i = 0; i < terms_.size(); ++i) scores_.push_back(terms_.own(i));
  }

  const std::vector<double>& scores() const { return scores_; }
  void condition_on(std::span<const std::int64_t> picks) {
    calls.emplace_back(picks.begin(), picks.end());
    picked_.insert(picked_.end(), picks.begin(), picks.end());
    for (std::int64_t i = 0; i < terms_.size(); ++i) scores_[i] = terms_.score(i, picked_);
  }

  std::vector<Positions> calls;  ///< what the sampler has conditioned on, call by call

 private:
  PairSum terms_;
  std::vector<double> scores_;
  Positions picked_;
};

static_assert(ConditionalScores<FixedScores>);
static_assert(!ShardedScores<FixedScores>);

/// Own terms that never change, on a rank.
class RowlessScores {
 public:
  explicit RowlessScores(std::vector<double> own) : scores_(std::move(own)) {}

  const std::vector<double>& scores() const { return scores_; }
  void condition_on(std::span<const std::int64_t>) {}
  void condition_on(const Picked&) {}
  static std::int64_t row_bytes() { return 0; }
  static void copy_row(std::int64_t, std::byte*) {}

 private:
  std::vector<double> scores_;
};
static_assert(ShardedScores<RowlessScores>);

/// Throws at one of its calls, counted from 0.
class FailingScores {
 public:
  FailingScores(const Shard& shard, int fails_at)
      : scores_(static_cast<std::size_t>(shard.count)), fails_at_(fails_at) {}

  const std::vector<double>& scores() {
    call();
    return scores_;
  }
  void condition_on(std::span<const std::int64_t>) { call(); }
  void condition_on(const Picked&) { call(); }
  static std::int64_t row_bytes() { return 4; }
  static void copy_row(std::int64_t, std::byte* out) { std::fill_n(out, 4, std::byte{0}); }

 private:
  void call() {
    if (calls_++ == fails_at_) refuse("criterion", "nothing", "bad");
  }

  std::vector<double> scores_;
  int fails_at_;
  int calls_ = 0;
};

/// Its scores would be gone before they are read.
struct ScoresByValue {
  std::vector<double> scores() const { return {}; }
  void condition_on(std::span<const std::int64_t>) {}
};
static_assert(!ConditionalScores<ScoresByValue>);

}  // namespace jest::oracle

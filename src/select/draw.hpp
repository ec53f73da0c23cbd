#pragma once
// The candidates of one rank that are neither picked nor set aside, and the draws among them.

#include <cstdint>
#include <span>
#include <vector>

#include "jest/select/selection.hpp"
#include "select/rounds.hpp"

namespace jest::detail {

/// A sum of numbers that others can be added to.
struct Moments {
  std::int64_t count = 0;
  double mean = 0;
  double squares = 0;  ///< Σ (value − mean)²

  /// Chan, Golub & LeVeque 1983.
  void add(const Moments& other);
};

/// How many blocks of kShardStep positions of the super-batch a shard has a part of.
std::int64_t moments_of(const Shard& shard);

class Draw {
 public:
  /// All must outlive this. `own` [count of the shard]: candidates whose own term is NaN are set
  /// aside. Positions are those on this rank.
  Draw(const SelectionSpec& spec, const Shard& shard, std::span<const std::int64_t> ids,
       std::span<const double> own);

  std::int64_t nan_count() const { return nan_count_; }
  std::int64_t available() const { return static_cast<std::int64_t>(available_.size()); }
  std::int64_t extra_bytes() const;

  /// Keys of all that are available and whose score is not −inf.
  void key_all(std::uint32_t round, std::span<const double> scores);
  std::int64_t keyed() const { return static_cast<std::int64_t>(keyed_.size()); }
  /// The `most` best keys, or as many as there are, best first.
  std::vector<Offer> best(std::int64_t most, std::span<const double> scores);
  /// Everything available, in order of position.
  std::vector<Offer> all() const;
  void remove(std::span<const std::int64_t> picks);

  /// Own terms of all that are available, those of every kShardStep positions of the super-batch.
  std::vector<Moments> own_moments() const;

 private:
  struct Keyed {
    std::uint64_t key;
    std::int64_t id;
    std::int64_t position;
    bool before(const Keyed& other) const {
      return key != other.key ? key > other.key : id < other.id;
    }
  };

  std::int64_t id(std::int64_t position) const;
  void set_nan_aside(std::span<const double> scores);

  const SelectionSpec& spec_;
  Shard shard_;
  std::span<const std::int64_t> ids_;
  std::span<const double> own_;
  std::int64_t nan_count_ = 0;
  std::vector<std::int64_t> available_;  // ascending positions
  std::vector<bool> picked_;
  std::vector<Keyed> keyed_;
};

}  // namespace jest::detail

#pragma once
// What the kinds of a count guide have in common: counts of curated rows and of two halves of the
// background, and the sum of a row.

#include <memory>

#include "jest/criteria/count_guide.hpp"

namespace jest {

class [[gnu::visibility("hidden")]] CountModel {
 public:
  /// How a row is scored.
  struct Role {
    int half = 0;             ///< of the background that it is scored by
    std::int64_t copies = 0;  ///< of it that the curated counts hold
  };
  /// −log p_curated + log p_background of a row, summed over its n-grams.
  struct Sum {
    double nats = 0;
    double operations = 0;
  };

  static constexpr const char* kOwnRow = "a row with the id of a curated row to be that row";
  static constexpr int kCurated = 2;  ///< behind the halves of the background, 0 and 1

  virtual ~CountModel() = default;
  /// Counts a row, before finish(). Returns the number of additions.
  virtual double add(std::span<const std::uint8_t> row, int part) = 0;
  virtual double add(std::span<const std::uint32_t> row, int part) = 0;
  virtual double finish() = 0;
  virtual Sum sum(std::span<const std::uint8_t> row, const Role& role) const = 0;
  virtual Sum sum(std::span<const std::uint32_t> row, const Role& role) const = 0;
};

[[gnu::visibility("hidden")]] std::unique_ptr<CountModel> hashed_counts(const CountGuideSpec& spec);
[[gnu::visibility("hidden")]] std::unique_ptr<CountModel> interpolated_counts(
    const CountGuideSpec& spec);

}  // namespace jest

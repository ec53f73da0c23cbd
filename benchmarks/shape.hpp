#pragma once
// The shape of a selection, and how much work it needs.

#include <cstdint>
#include <string>

namespace jest::bench {

/// B candidates of width d, b to pick in N rounds.
struct Shape {
  std::int64_t candidates;
  std::int64_t width;
  std::int64_t count;
  std::int64_t chunks;

  std::int64_t take(std::int64_t round) const {
    return count / chunks + (round < count % chunks ? 1 : 0);
  }
  /// Candidate–pick pairs whose logits are needed: Σ_r c_r · (candidates left after round r).
  double pairs() const {
    double total = 0;
    std::int64_t picked = 0;
    for (std::int64_t round = 0; round + 1 < chunks; ++round) {
      picked += take(round);
      total += static_cast<double>(take(round)) * static_cast<double>(candidates - picked);
    }
    return total;
  }
  /// Multiply-add FLOPs of two models in two directions: 8·d·P.
  double flops() const { return 8 * static_cast<double>(width) * pairs(); }

  std::string name() const {
    return "B:" + std::to_string(candidates) + "/d:" + std::to_string(width) +
           "/b:" + std::to_string(count) + "/N:" + std::to_string(chunks);
  }
};

}  // namespace jest::bench

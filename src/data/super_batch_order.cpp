// The keyed permutation that an epoch follows: a Feistel network with cycle walking.

#include "jest/data/tables.hpp"

#include "jest/core/noise.hpp"

namespace jest {
namespace {

constexpr std::uint32_t kFeistelRounds = 6;
// Keeps this stream apart from the sampler's noise under the same seed.
constexpr std::uint32_t kOrderStream = 0x6f726472;

}  // namespace

SuperBatchOrder::SuperBatchOrder(std::int64_t examples, std::int64_t super_batch,
                                 std::uint64_t seed)
    : examples_(examples), super_batch_(super_batch), seed_(seed) {
  if (super_batch < 1 || super_batch > examples) {
    refuse("super-batches", text("between 1 and the ", examples, " examples there are"),
           super_batch);
  }
  while ((std::int64_t{1} << (2 * half_bits_)) < examples) ++half_bits_;
}

std::int64_t SuperBatchOrder::one_at(std::int64_t step, std::int64_t k) const {
  return permuted(step % steps_per_epoch() * super_batch_ + k,
                  static_cast<std::uint64_t>(step / steps_per_epoch()));
}

std::int64_t SuperBatchOrder::permuted(std::int64_t index, std::uint64_t epoch) const {
  const std::uint32_t mask = (std::uint32_t{1} << half_bits_) - 1;
  const PhiloxKey key{low_word(seed_) ^ kOrderStream, high_word(seed_)};
  auto value = static_cast<std::uint64_t>(index);
  do {
    auto left = static_cast<std::uint32_t>(value >> half_bits_);
    auto right = static_cast<std::uint32_t>(value) & mask;
    for (std::uint32_t round = 0; round < kFeistelRounds; ++round) {
      const auto words = philox4x32_10({right, round, low_word(epoch), high_word(epoch)}, key);
      const std::uint32_t next = left ^ (words[0] & mask);
      left = right;
      right = next;
    }
    value = (static_cast<std::uint64_t>(left) << half_bits_) | right;
  } while (value >= static_cast<std::uint64_t>(examples_));
  return static_cast<std::int64_t>(value);
}

}  // namespace jest

#include "select/cpu/noise_batch.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "oracle/vector_targets.hpp"

namespace jest {
namespace {

TEST(NoiseBatch, IsTheScalarNoiseBitForBit) {
  for (const std::size_t count : {0, 1, 3, 4, 8, 31, 5000}) {
    std::vector<std::int64_t> ids;
    for (std::size_t k = 0; k < count; ++k) {
      ids.push_back(static_cast<std::int64_t>((k * 0x9e3779b97f4a7c15) >> 1));
    }
    const NoiseKey key{0xfedcba9876543210, 0x80000001};
    oracle::on_every_vector_target([&] {
      std::vector<double> noise(count);
      detail::gumbel_noise_batch(key, 0xffffffff, ids, noise.data());
      for (std::size_t k = 0; k < count; ++k) {
        ASSERT_EQ(noise[k], gumbel_noise(key, ids[k], 0xffffffff)) << ids[k];
      }
    });
  }
}

}  // namespace
}  // namespace jest

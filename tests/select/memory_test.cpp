// Peak memory of a selection: linear in B, and as large as the statistics say.
#include <gtest/gtest.h>

#include <vector>

#include "jest/select/select.hpp"
#include "oracle/counted_memory.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest {
namespace {

struct Peak {
  double measured;
  double reported;
};

template <class Pairs>
Peak peak_of(std::int64_t candidates, Preset preset) {
  const auto models = oracle::random_models({candidates, 32}, 1);
  const auto pairs = models.pairs<Pairs>();
  const auto ids = oracle::shuffled_ids(candidates, 2);
  const std::int64_t before = oracle::bytes_now();
  oracle::restart_peak();
  const Selection picks = select(pairs, {.count = 64, .preset = preset, .ids = ids});
  return {static_cast<double>(oracle::peak_bytes() - before),
          static_cast<double>(picks.statistics.extra_bytes)};
}

template <class Pairs>
class PeakMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!oracle::memory_is_counted()) GTEST_SKIP() << "a sanitizer owns the allocator";
  }
};
using Criteria = ::testing::Types<SigmoidPairs, SoftmaxPairs>;
TYPED_TEST_SUITE(PeakMemory, Criteria);

/// Bytes per further candidate stay the same; with a B² term they would quadruple.
template <class Pairs>
void expect_linear(Preset preset, std::int64_t candidates) {
  const double small = peak_of<Pairs>(candidates, preset).measured;
  const double middle = peak_of<Pairs>(4 * candidates, preset).measured;
  const double large = peak_of<Pairs>(16 * candidates, preset).measured;
  EXPECT_LT((large - middle) / 4, 1.5 * (middle - small));
  EXPECT_LT(large, 500'000 + 400.0 * 16 * static_cast<double>(candidates));
}

TYPED_TEST(PeakMemory, OfAJointSelectionGrowsLinearlyInTheNumberOfCandidates) {
  expect_linear<TypeParam>(Preset::kJoint, 2048);
}

TYPED_TEST(PeakMemory, OfMeanFieldGrowsLinearlyInTheNumberOfCandidates) {
  expect_linear<TypeParam>(Preset::kMeanField, 256);
}

TYPED_TEST(PeakMemory, IsWhatTheStatisticsSayWithinAFactorOfTwo) {
  for (const std::int64_t candidates : {2048, 8192, 32768}) {
    const Peak peak = peak_of<TypeParam>(candidates, Preset::kJoint);
    EXPECT_LT(peak.measured, 2 * peak.reported) << candidates;
    EXPECT_GT(peak.measured, 0.5 * peak.reported) << candidates;
  }
}

TEST(CountedMemory, SeesWhatIsAllocated) {
  if (!oracle::memory_is_counted()) GTEST_SKIP() << "a sanitizer owns the allocator";
  const std::int64_t before = oracle::bytes_now();
  oracle::restart_peak();
  { std::vector<char> block(1'000'000); }
  EXPECT_GE(oracle::peak_bytes() - before, 1'000'000);
  EXPECT_LT(oracle::bytes_now() - before, 1'000);
}

}  // namespace
}  // namespace jest

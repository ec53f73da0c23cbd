// Peak memory of a selection: linear in B, and as large as the statistics say.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "jest/select/select.hpp"
#include "oracle/backends.hpp"
#include "oracle/counted_memory.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest {
namespace {

struct Peak {
  double measured;
  double reported;
};

constexpr std::int64_t kRowWidth = 32;

template <class Case>
Peak peak_of(std::int64_t candidates, Preset preset) {
  const auto models = oracle::random_models({candidates, kRowWidth}, 1);
  const auto ids = oracle::shuffled_ids(candidates, 2);
  auto pairs = models.pairs<typename Case::Pairs>();
  pairs.ids = ids;
  Peak peak{};
  // On a thread of its own: no blocks are left from an earlier selection.
  std::jthread([&] {
    const std::int64_t before = oracle::bytes_now();
    oracle::restart_peak();
    const Selection picks =
        select(pairs, {.count = 64, .sampling = {.preset = preset}, .backend = Case::backend});
    peak = {static_cast<double>(oracle::peak_bytes() - before),
            static_cast<double>(picks.statistics.extra_bytes)};
  }).join();
  return peak;
}

template <class Case>
class PeakMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!oracle::memory_is_counted()) GTEST_SKIP() << "a sanitizer owns the allocator";
  }
};
TYPED_TEST_SUITE(PeakMemory, oracle::Everywhere);

/// Bytes per further candidate stay the same; with a B² term they would quadruple.
template <class Case>
void expect_linear(Preset preset, std::int64_t candidates) {
  const double small = peak_of<Case>(candidates, preset).measured;
  const double middle = peak_of<Case>(4 * candidates, preset).measured;
  const double large = peak_of<Case>(16 * candidates, preset).measured;
  EXPECT_LT((large - middle) / 4, 1.5 * (middle - small));
  // The cpu backend packs the candidates, and in mean field all of them as picks too.
  const double packed = Case::plain ? 0 : 4.0 * sizeof(float) * (kRowWidth + 3) * 2;
  EXPECT_LT(large, 500'000 + (400 + packed) * 16 * static_cast<double>(candidates));
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

/// Lists that grew by doubling would hold an old copy and a new one.
TEST(PlainPeakMemory, IsWhatTheStatisticsSayOfLosses) {
  if (!oracle::memory_is_counted()) GTEST_SKIP() << "a sanitizer owns the allocator";
  const std::vector<float> losses((1 << 18) + 1, 1.0F);
  const std::int64_t before = oracle::bytes_now();
  oracle::restart_peak();
  const Selection picks = select(Losses{losses, losses}, {.count = 64});
  const auto measured = static_cast<double>(oracle::peak_bytes() - before);
  EXPECT_NEAR(measured / static_cast<double>(picks.statistics.extra_bytes), 1, 0.1);
}

/// docs/benchmarks.md claims it: 64 MiB beside inputs of as much.
TEST(CpuPeakMemory, IsBelow64MebibytesFor8192CandidatesOfWidth512) {
  if (!oracle::memory_is_counted()) GTEST_SKIP() << "a sanitizer owns the allocator";
  const auto models = oracle::random_models({8192, 512}, 1);
  const auto pairs = models.pairs<SigmoidPairs>();
  const std::int64_t before = oracle::bytes_now();
  oracle::restart_peak();
  const Selection picks = select(pairs, {.count = 1638, .sampling = {.chunks = 16}, .threads = 2});
  EXPECT_LT(oracle::peak_bytes() - before, std::int64_t{64} << 20);
  EXPECT_LE(picks.statistics.extra_bytes, std::int64_t{64} << 20);
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

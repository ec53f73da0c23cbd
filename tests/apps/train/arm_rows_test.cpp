// Shares of curated examples, and filters.
#include "train/arm_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "jest/learner/stores.hpp"
#include "oracle/message_of.hpp"

namespace jest::apps::train {
namespace {

using ::testing::HasSubstr;

TEST(CuratedShare, IsANumberOrNatural) {
  EXPECT_FALSE(parse_curated_share("0").mixes());
  EXPECT_TRUE(parse_curated_share("natural").natural);
  EXPECT_EQ(parse_curated_share("0.25").of(640), 160);
  EXPECT_EQ(parse_curated_share("0.1").of(32), 3);
  for (const char* bad : {"", "1", "-0.1", "nan", "1e400", "0.5x", "Natural"}) {
    EXPECT_THAT(oracle::message_of([&] { parse_curated_share(bad); }), HasSubstr("natural")) << bad;
  }
  EXPECT_THAT(oracle::message_of([] { parse_curated_share("0.01").of(8); }),
              HasSubstr("batch of 8"));
  EXPECT_THAT(oracle::message_of([] { parse_curated_share("0.99").of(8); }),
              HasSubstr("batch of 8"));
}

class FilterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::iota(pool_.ids.begin(), pool_.ids.end(), 100);
    for (std::size_t k = 0; k < losses_.size(); ++k) {
      losses_[k] = static_cast<float>((k * 7919) % 1000) / 1000;
    }
  }
  std::vector<std::int64_t> kept(const Filter& filter) const {
    return kept_rows(pool_, LossStore(pool_.ids, losses_), filter);
  }
  double mean_loss(const std::vector<std::int64_t>& rows) const {
    double sum = 0;
    for (const std::int64_t row : rows) sum += losses_[static_cast<std::size_t>(row)];
    return sum / static_cast<double>(rows.size());
  }
  ExampleTable pool_ = {
      .ids = std::vector<std::int64_t>(1000), .tags = {}, .tag_names = {}, .checksum = {}};
  std::vector<float> losses_ = std::vector<float>(1000);
};

TEST_F(FilterTest, KeepsTheLeastLosses) {
  std::vector<std::int64_t> sorted(1000);
  std::iota(sorted.begin(), sorted.end(), 0);
  std::ranges::stable_sort(sorted, {}, [&](std::int64_t row) { return losses_[row]; });
  sorted.resize(101);
  std::ranges::sort(sorted);
  EXPECT_EQ(kept({.share = 0.1001}), sorted);
  EXPECT_EQ(kept({.share = 0.1001, .seed = 9}), sorted);
  EXPECT_EQ(kept({.share = 1}).size(), 1000U);
}

TEST_F(FilterTest, DrawsWithoutRepetitionAtAGain) {
  const auto first = kept({.share = 0.2, .gain = 5, .seed = 1});
  EXPECT_EQ(std::set(first.begin(), first.end()).size(), 200U);
  EXPECT_EQ(first, kept({.share = 0.2, .gain = 5, .seed = 1}));
  EXPECT_NE(first, kept({.share = 0.2, .gain = 5, .seed = 2}));
  const double top = mean_loss(kept({.share = 0.2}));
  const double soft = mean_loss(kept({.share = 0.2, .gain = 1e-6}));
  EXPECT_LT(top, mean_loss(first));
  EXPECT_LT(mean_loss(first), soft);
  EXPECT_NEAR(soft, 0.5, 0.06);
}

}  // namespace
}  // namespace jest::apps::train

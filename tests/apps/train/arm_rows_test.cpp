// Shares of curated examples, filters, and tables that are joined for them.
#include "train/arm_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "jest/learner/stores.hpp"
#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"
#include "train/formats/text_pairs.hpp"

namespace jest::apps::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ExampleTable table_of(std::vector<std::int64_t> ids, const std::string& tag = "") {
  ExampleTable table;
  table.ids = std::move(ids);
  table.checksum = "0123abcd";
  if (tag.empty()) return table;
  table.tags.assign(table.ids.size(), 0);
  table.tag_names = {tag};
  return table;
}

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

TEST(JoinedLabels, GiveCuratedRowsIdsAndATagOfTheirOwn) {
  constexpr std::int64_t kMark = std::int64_t{1} << 62;
  const ExampleTable joined =
      joined_labels(table_of({1, 2, kMark | 2}, "de"), table_of({2, 7}, "de"));
  EXPECT_THAT(joined.ids, ElementsAre(1, 2, kMark | 2, kMark | 3, kMark | 7));
  EXPECT_THAT(joined.tags, ElementsAre(0, 0, 0, 1, 1));
  EXPECT_THAT(joined.tag_names, ElementsAre("de", "curated"));
  EXPECT_NE(joined.checksum, "0123abcd");
  const ExampleTable bare = joined_labels(table_of({5}), table_of({5, 6}, "x"));
  EXPECT_THAT(bare.tag_names, ElementsAre("pool", "curated"));
  EXPECT_THAT(bare.tags, ElementsAre(0, 1, 1));
  EXPECT_THAT(joined_labels(table_of({1}, "curated"), table_of({2})).tag_names,
              ElementsAre("curated", "curated+"));
  const auto largest = std::numeric_limits<std::int64_t>::max();
  const ExampleTable end = joined_labels(table_of({largest}), table_of({largest ^ kMark}));
  EXPECT_THAT(end.ids, ElementsAre(largest, 0));
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
  ExampleTable pool_ = table_of(std::vector<std::int64_t>(1000));
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

TEST(JoinedPairs, HoldThePoolAndThenTheCurated) {
  const oracle::TemporaryFolder folder;
  const auto pool =
      read_text_pairs(folder.write("p.tsv", "id\tx\ty\n1\tone two\tuno\n2\tthree\ttre\n"));
  const auto curated = read_text_pairs(folder.write("c.tsv", "id\tx\ty\n1\tfour five\tsix\n"));
  const auto both = joined(*pool, *curated);
  EXPECT_THAT(both->x, ElementsAre("one two", "three", "four five"));
  EXPECT_THAT(both->y, ElementsAre("uno", "tre", "six"));
  const FeatureBags bags = TextPairBatch({both, {2, 0}}).x();
  const FeatureBags own = TextPairBatch({curated, {0}}).x(), first = TextPairBatch({pool, {0}}).x();
  EXPECT_TRUE(at::equal(bags.features, at::cat({own.features, first.features})));
}

}  // namespace
}  // namespace jest::apps::train

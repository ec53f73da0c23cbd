// Tables with curated rows behind those of the pool.
#include "train/formats/joined_labels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "oracle/temporary_folder.hpp"
#include "train/formats/text_pairs.hpp"

namespace jest::apps::train {
namespace {

using ::testing::ElementsAre;

ExampleTable table_of(std::vector<std::int64_t> ids, const std::string& tag = "") {
  ExampleTable table;
  table.ids = std::move(ids);
  table.checksum = "0123abcd";
  if (tag.empty()) return table;
  table.tags.assign(table.ids.size(), 0);
  table.tag_names = {tag};
  return table;
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

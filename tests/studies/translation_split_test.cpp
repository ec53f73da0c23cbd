// The parts that rows are split into, and the noise of the pool.
#include "prepare/translation_split.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "jest/core/error.hpp"
#include "prepare/package_stem.hpp"
#include "prepare/translation_noise.hpp"
#include "prepare/translation_rows.hpp"

namespace jest::studies {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

bool same(const TranslationRow& a, const TranslationRow& b) {
  return a.id == b.id && a.text.x == b.text.x && a.text.y == b.text.y && a.tag == b.tag;
}

bool same(const TranslationRows& a, const TranslationRows& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& left, const auto& right) { return same(left, right); });
}

/// Rows as they come from many packages; every seventh repeats an x, every eleventh a y.
TranslationRows many_rows() {
  TranslationRows rows;
  for (int i = 0; i < 4000; ++i) {
    const std::string tag = i % 4 == 0 ? "fr" : "de";
    const int x = i % 7 == 0 ? i / 70 : i;
    const int y = i % 11 == 0 ? i / 110 : i;
    rows.push_back({10'000 - i,
                    {text("english text about ", x), text("translation of ", tag, ' ', y)},
                    tag,
                    text("stem", i / 3)});
  }
  return rows;
}

TEST(TranslationSplit, LeaksNoStemAndNoText) {
  const TranslationSplit split = split_translations(many_rows(), {.target = "de", .noise = 0.4});
  ASSERT_THAT(split.eval, Not(IsEmpty()));
  std::set<std::string> xs, ys, stems;
  for (const TranslationRow& row : split.eval) {
    EXPECT_EQ(row.tag, "de");
    EXPECT_TRUE(xs.insert(row.text.x).second) << row.text.x;
    EXPECT_TRUE(ys.insert(row.text.y).second) << row.text.y;
    stems.insert(row.stem);
  }
  for (const TranslationRows* part : {&split.curated, &split.pool}) {
    for (const TranslationRow& row : *part) {
      EXPECT_FALSE(xs.contains(row.text.x) || ys.contains(row.text.y)) << row.id;
      EXPECT_FALSE(stem_held_out(row.stem)) << row.stem;
    }
  }
}

TEST(TranslationSplit, CuratedIsATenthOfASmallTarget) {
  const TranslationSplit split = split_translations(many_rows(), {.target = "de"});
  EXPECT_THAT(split.curated, SizeIs(300));
  for (const TranslationRow& row : split.curated) EXPECT_EQ(row.tag, "de");
}

TEST(TranslationSplit, EvaluationNeedsTenFeaturesASide) {
  TranslationRows rows = many_rows();
  for (TranslationRow& row : rows) row.text.y = text("n ", row.id);  // 2 words, 4 four-grams
  EXPECT_THAT(split_translations(rows, {.target = "de"}).eval, IsEmpty());
}

TEST(TranslationSplit, IsAPureFunctionOfRowsAndSeed) {
  const SplitSpec spec{.target = "de", .noise = 0.3, .seed = 5};
  TranslationRows backwards = many_rows();
  std::ranges::reverse(backwards);
  const TranslationSplit one = split_translations(many_rows(), spec);
  const TranslationSplit two = split_translations(backwards, spec);
  EXPECT_TRUE(same(one.curated, two.curated) && same(one.pool, two.pool));
  const TranslationSplit other =
      split_translations(many_rows(), {.target = "de", .noise = 0.3, .seed = 6});
  EXPECT_FALSE(same(one.curated, other.curated) || same(one.pool, other.pool));
  EXPECT_TRUE(same(one.eval, other.eval));  // held out for every seed
}

TEST(TranslationNoise, ExchangesTheShareWithinEachLanguage) {
  const TranslationRows before = many_rows();
  const TranslationRows after = exchange_translations(before, 0.25, 3);
  ASSERT_THAT(after, SizeIs(before.size()));
  std::map<std::string, int> tags;
  for (std::size_t i = 0; i < after.size(); ++i) {
    ++tags[after[i].tag];
    const bool noisy = after[i].tag == before[i].tag + "-noise";
    EXPECT_EQ(after[i].text.y != before[i].text.y, noisy) << before[i].text.y;
    EXPECT_THAT(after[i].text.y, HasSubstr(before[i].tag));
  }
  EXPECT_EQ(tags["de-noise"], 750);
  EXPECT_EQ(tags["fr-noise"], 250);
}

TEST(TranslationNoise, GivesNobodyTheSameTextFromAnotherRow) {
  const TranslationRows rows = {{1, {"a", "eins"}, "de", ""},
                                {2, {"b", "eins"}, "de", ""},
                                {3, {"c", "zwei"}, "de", ""},
                                {4, {"d", "zwei"}, "de", ""}};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const TranslationRows after = exchange_translations(rows, 0.99, seed);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NE(after[i].text.y, rows[i].text.y) << seed;
  }
}

TEST(TranslationNoise, RemovesWordsThatAreNowOnBothSides) {
  const TranslationRows rows = {{1, {"red fish", "roter Fisch blue"}, "de", "a"},
                                {2, {"blue", "blau red"}, "de", "b"}};
  const TranslationRows after = exchange_translations(rows, 0.99, 0);
  ASSERT_THAT(after, SizeIs(1));  // the second row's only English word came back to it
  EXPECT_EQ(after[0].text.x, "fish");
  EXPECT_EQ(after[0].text.y, "blau");
}

TEST(TranslationNoise, AddsMismatchesUntilTheyAreTheShare) {
  TranslationRows rows;
  for (int i = 0; i < 50; ++i) rows.push_back({i, {text("x", i), text("y", i)}, "de", ""});
  const TranslationRows all = with_mismatches(rows, 0.9, 3);
  ASSERT_THAT(all, SizeIs(500));
  std::set<std::pair<std::string, std::string>> pairs;
  std::map<std::string, int> uses;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const TranslationRow& row = all[i];
    EXPECT_TRUE(pairs.emplace(row.text.x, row.text.y).second);
    EXPECT_EQ(row.text.x.substr(1) != row.text.y.substr(1), i >= 50);
    EXPECT_EQ(row.tag, i < 50 ? "de" : "de-noise");
    ++uses[row.text.y];
  }
  for (const auto& [y, count] : uses) EXPECT_EQ(count, 10) << y;
  EXPECT_TRUE(same(all, with_mismatches(rows, 0.9, 3)));
  EXPECT_FALSE(same(all, with_mismatches(rows, 0.9, 4)));
  EXPECT_THROW(with_mismatches(rows, 1, 3), Error);
}

TEST(TranslationSplit, MismatchesMakeAPoolOfTheTargetAlone) {
  const TranslationSplit split =
      split_translations(many_rows(), {.target = "de", .mismatched = 0.75});
  std::map<std::string, double> tags;
  std::set<std::int64_t> ids;
  for (const TranslationRow& row : split.pool) {
    ++tags[row.tag];
    EXPECT_TRUE(ids.insert(row.id).second);
  }
  ASSERT_EQ(tags.size(), 2U);
  EXPECT_NEAR(tags["de-noise"] / (tags["de"] + tags["de-noise"]), 0.75, 0.01);
}

}  // namespace
}  // namespace jest::studies

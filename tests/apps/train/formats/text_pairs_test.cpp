// Tables, features and super-batches of text pairs.
#include <gtest/gtest.h>

#include <torch/torch.h>
#include <set>

#include <numeric>
#include <set>

#include "oracle/temporary_folder.hpp"
#include "train/formats/text_pairs.hpp"

namespace jest::apps::train {
namespace {

class ReadPairs : public ::testing::Test {
 protected:
  PairTable read(const std::string& content) {
    return read_pairs(folder_.write("pairs.tsv", content));
  }
  void expect_refused(const std::string& content, const std::string& part) {
    try {
      read(content);
      FAIL() << "accepted: " << content;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("pairs.tsv"), std::string::npos) << error.what();
    }
  }
  oracle::TemporaryFolder folder_;
};

TEST_F(ReadPairs, KeepsIdsTextsAndTags) {
  const PairTable table =
      read("id\tx\ty\ttag\n7\ta\tä\tde\n9223372036854775807\tb\tc\tfr\r\n8\td\te\tde");
  EXPECT_EQ(table.ids, (std::vector<std::int64_t>{7, 9223372036854775807, 8}));
  EXPECT_EQ(table.y[0], "ä");
  EXPECT_EQ(table.tag_names, (std::vector<std::string>{"de", "fr"}));
  EXPECT_EQ(table.tags, (std::vector<std::int32_t>{0, 1, 0}));
  EXPECT_TRUE(read("id\tx\ty\n1\ta\tb\n").tags.empty());
  EXPECT_EQ(read("\xEF\xBB\xBFid\tx\ty\n1\ta\tb\n").ids, (std::vector<std::int64_t>{1}));
}

TEST_F(ReadPairs, NamesLineAndColumnOfTheFirstDefect) {
  expect_refused("", "empty file");
  expect_refused("id\tx\ty\n", "no pair");
  expect_refused("id\ty\tx\n1\ta\tb\n", "line 1");
  expect_refused("id\tx\ty\n1\ta\n", "line 2: expected 3 tab-separated columns, got 2");
  expect_refused("id\tx\ty\n1\ta\tb\n1\tc\td\n", "line 3, column id");
  expect_refused("id\tx\ty\n-1\ta\tb\n", "line 2, column id");
  expect_refused("id\tx\ty\n1.5\ta\tb\n", "column id");
  expect_refused("id\tx\ty\n9223372036854775808\ta\tb\n", "column id");
  expect_refused("id\tx\ty\n1\t\tb\n", "line 2, column x: expected some text");
  expect_refused("id\tx\ty\n1\ta\t\xff\n", "line 2, column y: expected valid UTF-8");
  expect_refused("id\tx\ty\ttag\n1\ta\tb\t\n", "column tag");
  expect_refused("id\tx\ty\n\n", "line 2");
}

TEST(TextFeatures, FoldCaseSplitWordsAndStayWithinTheirBounds) {
  const TextFeatureSpec spec;
  EXPECT_EQ(text_features("Große KATZE, rot!", spec), text_features("große katze  rot", spec));
  EXPECT_NE(text_features("abcd efgh", spec), text_features("efgh abcd", spec));  // 4-grams differ
  std::string text;
  for (int k = 0; k < 500; ++k) text += "word" + std::to_string(k) + " ";
  const auto features = text_features(text, spec);
  EXPECT_EQ(features.size(), 96U);
  for (const auto feature : features) EXPECT_TRUE(feature >= 0 && feature < spec.buckets);
}

TEST(TextFeatures, OfTextWithoutAnyWordAreOneFeature) {
  EXPECT_EQ(text_features("!?", {}).size(), 1U);
  EXPECT_EQ(text_features("", {}).size(), 1U);
  EXPECT_THROW(text_features("\xff", {}), Error);
}

TEST_F(ReadPairs, NamesOtherFormatsAndEncodings) {
  expect_refused("\x1F\x8B\x08\t\tid", "line 1: expected a table of text in UTF-8, got gzip");
  expect_refused("\xFF\xFEi", "UTF-16");
  expect_refused("id\tx\ty\r1\ta\tb\r", "lines that end with CR");
  expect_refused("id,x,y\n1,a,b\n", "tabs between them, got id,x,y");
  expect_refused("id\tx\ty\n1\tcaf\xE9\tb\n", "line 2, column x: expected valid UTF-8");
}

TEST_F(ReadPairs, QuotesWholeLettersAlone) {
  std::string letters;
  for (int k = 0; k < 40; ++k) letters += "語";
  expect_refused("a" + letters + "\n", "a" + letters.substr(0, 3 * 19));
  try {
    read("a" + letters + "\n");
  } catch (const Error& error) {
    EXPECT_TRUE(std::string(error.what()).ends_with("語"));
  }
}

TEST(TextFeatures, OfOneTextInTwoFormsAreTheSame) {
  const TextFeatureSpec spec;
  EXPECT_EQ(text_features("caf\u00E9 \u01C4", spec), text_features("cafe\u0301 \u01C4", spec));
  EXPECT_EQ(text_features("\uD55C\uAE00", spec),
            text_features("\u1112\u1161\u11AB\u1100\u1173\u11AF", spec));
  EXPECT_EQ(text_features("\u212B", spec), text_features("\u00C5", spec));  // Angstrom sign
  EXPECT_NE(text_features("caf\u00E9", spec), text_features("cafe", spec));
}

TEST(TextFeatures, OfSymbolsAloneTellThemApart) {
  std::set<std::vector<std::int32_t>> seen;
  const std::vector<std::string> texts{"🎉",        "🎉🎉", "🎉 🎉", "❤\uFE0F", "☀\uFE0F", "👍🏽",
                                       "👍🏿", "!?", "?!",  "…",       "→ ←"};
  for (const std::string& text : texts) seen.insert(text_features(text, {}));
  EXPECT_EQ(seen.size(), texts.size());
  EXPECT_EQ(text_features(" 🎉\u00A0", {}), text_features("🎉", {}));
  EXPECT_EQ(text_features("well! 🎉", {}), text_features("well", {}));  // words are enough
}

TEST(TextFeatures, CountWordsAndFourGrams) {
  EXPECT_EQ(text_features("abc", {}).size(), 1U);         // one word, no 4-gram
  EXPECT_EQ(text_features("abc de", {}).size(), 5U);      // two words, "abc ", "bc d", "c de"
  EXPECT_EQ(text_features("日本語です", {}).size(), 3U);  // one word, two 4-grams
}

TEST(SuperBatchOrder, VisitsEveryExampleOnceAnEpoch) {
  const SuperBatchOrder order(1000, 50, 3);
  std::set<std::int64_t> seen;
  for (std::int64_t step = 0; step < order.steps_per_epoch(); ++step) {
    for (const auto position : order.at(step)) seen.insert(position);
  }
  EXPECT_EQ(seen.size(), 1000U);
  EXPECT_EQ(*seen.rbegin(), 999);
}

TEST(SuperBatchOrder, IsAPureFunctionOfSeedAndStep) {
  const SuperBatchOrder order(1003, 50, 3);
  EXPECT_EQ(order.at(37), SuperBatchOrder(1003, 50, 3).at(37));
  EXPECT_NE(order.at(37), SuperBatchOrder(1003, 50, 4).at(37));
  EXPECT_NE(order.at(0), order.at(order.steps_per_epoch()));  // another epoch, another order
}

TEST(SuperBatchOrder, NeverHoldsAnExampleTwiceEvenAtAnEpochsEnd) {
  const SuperBatchOrder order(103, 50, 3);
  for (std::int64_t step = 0; step < 40; ++step) {
    const auto positions = order.at(step);
    EXPECT_EQ(std::set(positions.begin(), positions.end()).size(), 50U);
  }
}

TEST(TableSource, DrawsASharePerSuperBatchFromRowsOfTheirOwn) {
  const auto table = std::make_shared<TextPairs>();
  table->ids.resize(100);
  std::iota(table->ids.begin(), table->ids.end(), 0);
  const auto range = [](std::int64_t first, std::int64_t end) {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(end - first));
    std::iota(rows.begin(), rows.end(), first);
    return rows;
  };
  const TableSource<TextPairBatch> source(table, range(0, 90), RowShare{range(90, 100), 5},
                                          {20, 4});
  std::set<std::int64_t> pool, shared;
  for (std::int64_t step = 0; step < 6; ++step) {
    const TextPairBatch batch = source.at(step);
    const auto rows = batch.rows().rows();
    ASSERT_EQ(rows.size(), 20U);
    for (std::size_t k = 0; k < 15; ++k) EXPECT_TRUE(pool.insert(rows[k]).second);
    for (std::size_t k = 15; k < 20; ++k) EXPECT_GE(rows[k], 90);
    if (step < 2) shared.insert(rows.begin() + 15, rows.end());
  }
  EXPECT_EQ(pool.size(), 90U);  // an epoch of each
  EXPECT_EQ(shared.size(), 10U);
  const auto alone = TableSource<TextPairBatch>(table, range(0, 90), {15, 4}).at(3);
  EXPECT_TRUE(std::ranges::equal(alone.rows().rows(), source.at(3).rows().rows().first(15)));
  EXPECT_THROW(
      TableSource<TextPairBatch>(table, range(0, 90), RowShare{range(90, 100), 11}, {20, 4}),
      Error);
  EXPECT_THROW(
      TableSource<TextPairBatch>(table, range(0, 90), RowShare{range(90, 100), 20}, {20, 4}),
      Error);
}

TEST(SuperBatchOrder, MixesThePool) {
  // Positions of the first super-batch would sum to 4,950·10 if it were the first 100 of 1,000.
  double sum = 0;
  for (const auto position : SuperBatchOrder(1000, 100, 1).at(0)) sum += position;
  EXPECT_NEAR(sum / 100, 499.5, 100);
}

TEST(SuperBatchOrder, RefusesMoreThanThereIs) {
  EXPECT_THROW(SuperBatchOrder(10, 11, 0), Error);
  EXPECT_THROW(SuperBatchOrder(10, 0, 0), Error);
}

class FeatureDropoutOf : public ::testing::Test {
 protected:
  static std::string many_words(const std::string& stem) {
    std::string words;
    for (int k = 0; k < 40; ++k) words += stem + std::to_string(k) + " ";
    return words;
  }
  oracle::TemporaryFolder folder_;
  const std::string text_ = many_words("a");
  const TextPairBatch batch_{
      {read_text_pairs(folder_.write("p.tsv", "id\tx\ty\n10\t" + text_ + "\t" + text_ + "\n20\t" +
                                                  text_ + "\t" + text_ + "\n")),
       {0, 1}}};
};

TEST_F(FeatureDropoutOf, LeavesOutAboutItsShare) {
  std::int64_t kept = 0;
  for (std::int64_t step = 0; step < 200; ++step) {
    kept += batch_.with_dropout({.rate = 0.3, .seed = 5, .step = step}).x().features.numel();
  }
  const auto all = static_cast<double>(200 * batch_.x().features.numel());
  EXPECT_NEAR(static_cast<double>(kept) / all, 0.7, 0.01);  // five standard deviations
}

TEST_F(FeatureDropoutOf, IsAPureFunctionOfSeedStepIdAndSide) {
  const FeatureDropout dropout{.rate = 0.5, .seed = 5, .step = 7};
  const auto kept = [](const TextPairBatch& batch) { return batch.x().features; };
  const at::Tensor one = kept(batch_.at({0}).with_dropout(dropout));
  EXPECT_TRUE(at::equal(one, kept(batch_.with_dropout(dropout).at({0}))));
  EXPECT_TRUE(at::equal(one, kept(batch_.at({1, 0}).with_dropout(dropout).at({1}))));
  EXPECT_FALSE(at::equal(one, kept(batch_.at({1}).with_dropout(dropout))));
  EXPECT_FALSE(at::equal(one, kept(batch_.at({0}).with_dropout({0.5, 6, 7}))));
  EXPECT_FALSE(at::equal(one, kept(batch_.at({0}).with_dropout({0.5, 5, 8}))));
  EXPECT_FALSE(at::equal(one, batch_.at({0}).with_dropout(dropout).y().features));
}

TEST_F(FeatureDropoutOf, OfNothingIsTheBatchItself) {
  EXPECT_TRUE(at::equal(batch_.with_dropout({}).x().features, batch_.x().features));
  EXPECT_THROW(batch_.with_dropout({.rate = 1}), Error);
  EXPECT_THROW(batch_.with_dropout({.rate = -0.1}), Error);
}

TEST(TextPairBatch, MapsPicksBackToRowsAndIds) {
  oracle::TemporaryFolder folder;
  const auto pairs = read_text_pairs(
      folder.write("p.tsv", "id\tx\ty\n10\tone\tuno\n20\ttwo\tdos\n30\tthree words here\ttres\n"));
  const TextPairBatch batch({pairs, {2, 0}});
  EXPECT_EQ(batch.ids()[0], 30);
  const TextPairBatch part = batch.at({1});
  EXPECT_EQ(part.ids()[0], 10);
  EXPECT_EQ(part.rows().rows()[0], 0);
  const FeatureBags bags = batch.x();
  EXPECT_EQ(bags.offsets.numel(), 2);
  EXPECT_EQ(bags.offsets[1].item<std::int64_t>(),
            static_cast<std::int64_t>(text_features("three words here", {}).size()));
  EXPECT_THROW(batch.at({5}), std::out_of_range);
}

}  // namespace
}  // namespace jest::apps::train

// Shards as named images, and as a table of one's own batches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "jest/data/shards.hpp"
#include "jest/data/tables.hpp"
#include "oracle/temporary_folder.hpp"
#include "shards/made_up_shards.hpp"
#include "train/formats/shard_images.hpp"

namespace jest::apps::train {
namespace {

using oracle::plain;
using oracle::tar;
using ::testing::ElementsAre;

// [batch]
/// What a step is trained on: pictures uint8 [n, 3, S, S], and their captions.
class CaptionedPictures {
 public:
  using Table = jest::ShardTable;
  explicit CaptionedPictures(jest::TableRows<Table> rows) : rows_(std::move(rows)) {}

  std::span<const std::int64_t> ids() const { return rows_.ids(); }
  CaptionedPictures at(const std::vector<std::int64_t>& positions) const {
    return CaptionedPictures(rows_.at(positions));
  }
  at::Tensor pictures() const {
    const std::int64_t side = rows_.table().side();
    at::Tensor all = torch::empty({rows_.size(), 3, side, side}, at::kByte);
    rows_.table().pictures(rows_.rows(), {all.data_ptr<std::uint8_t>(), all.nbytes()});
    return all;
  }
  const std::string& caption(std::int64_t k) const {
    return rows_.table().captions[rows_.rows()[k]];
  }

 private:
  jest::TableRows<Table> rows_;
};
// [batch]

TEST(ShardSource, GivesThePicturesOfAnyStep) {
  const oracle::TemporaryFolder folder;
  tar(folder.file("pool-000.tar"), oracle::plain_samples(30));
  tar(folder.file("pool-001.tar"), oracle::plain_samples(30, 30));
  const std::string pool = folder.file("pool-{000..001}.tar").string();
  // [source]
  const auto table = std::make_shared<jest::ShardTable>(
      jest::ShardSpec{.shards = jest::expand_braces(pool), .picture = {.side = 8}});
  const jest::TableSource<CaptionedPictures> source(table, {.size = 20, .seed = 7});
  const CaptionedPictures batch = source.at(1);  // the pictures of step 2 are decoded meanwhile
  // [source]
  const at::Tensor pictures = batch.pictures();
  for (std::int64_t k = 0; k < 20; ++k) {
    const int number = pictures[k][0][3][3].item<int>() | pictures[k][1][3][3].item<int>() << 4;
    EXPECT_EQ(batch.caption(k), "caption " + std::to_string(number));
  }
  const auto again = source.at(1);
  EXPECT_TRUE(again.pictures().equal(pictures));
  EXPECT_TRUE(batch.at({3, 5}).pictures().equal(pictures.index_select(0, torch::tensor({3, 5}))));
}

/// Remembers what it is told.
struct ToldTable : ExampleTable {
  void ahead(std::span<const std::int64_t> rows) const {
    told.emplace_back(rows.begin(), rows.end());
  }
  mutable std::vector<std::vector<std::int64_t>> told = {};
};

struct ToldBatch {
  using Table = ToldTable;
  explicit ToldBatch(TableRows<ToldTable> given) : rows(std::move(given)) {}
  TableRows<ToldTable> rows;
};

TEST(TableSource, TellsATableWhatComesNext) {
  const auto table = std::make_shared<ToldTable>();
  for (std::int64_t id = 0; id < 50; ++id) table->ids.push_back(id);
  const TableSource<ToldBatch> source(table, {.size = 10, .seed = 3});
  const auto rows_at = [&](std::int64_t step) {
    const ToldBatch batch = source.at(step);
    return std::vector(batch.rows.rows().begin(), batch.rows.rows().end());
  };
  const auto fourth = rows_at(4), fifth = rows_at(5);
  table->told.clear();
  rows_at(4);
  EXPECT_THAT(table->told, ElementsAre(fourth, fifth));
  table->told.clear();
  TableSource<ToldBatch>(table, {.size = 10, .seed = 3, .ahead = false}).at(4);
  EXPECT_TRUE(table->told.empty());
}

TEST(TableSource, TellsATableWhatARankLooksAt) {
  const auto table = std::make_shared<ToldTable>();
  for (std::int64_t id = 0; id < 50; ++id) table->ids.push_back(id);
  const TableSource<ToldBatch> source(table, {.size = 10, .seed = 3, .part = {4, 3, 10}});
  const ToldBatch batch = source.at(2);
  ASSERT_EQ(table->told.size(), 2u);
  EXPECT_TRUE(std::ranges::equal(table->told[0], batch.rows.rows().subspan(4, 3)));
  EXPECT_THROW(TableSource<ToldBatch>(table, {.size = 10, .seed = 3, .part = {4, 3, 11}}), Error);
}

TEST(ShardImages, HaveCaptionsAsNames) {
  const oracle::TemporaryFolder folder;
  const auto path = tar(folder.file("a.tar"), {{"0.png", plain(1)},
                                               {"0.txt", "Caf\u00E9 au lait"},
                                               {"1.png", plain(2)},
                                               {"1.txt", "tea"},
                                               {"2.png", plain(3)},
                                               {"2.txt", "Cafe\u0301 au lait"}});
  const auto table = read_shard_images({.shards = {path}, .picture = {.side = 4}});
  EXPECT_THAT(table->texts, ElementsAre("Caf\u00E9 au lait", "tea"));
  EXPECT_THAT(table->names, ElementsAre(0, 1, 0));
  EXPECT_EQ(table->colours, 3);
  const ImageBatch batch({table, {2, 0}});
  EXPECT_EQ(batch.pixels().sizes(), (at::IntArrayRef{2, 3, 4, 4}));
  EXPECT_EQ(batch.pixels()[0][0][0][0].item<int>(), 3);
  EXPECT_TRUE(batch.images().equal(batch.pixels().to(at::kFloat) / 255));
  EXPECT_EQ(batch.words().offsets.numel(), 2);
  EXPECT_TRUE(remarks_of(path, *table).empty());
}

TEST(ShardImages, SayWhatWasLeftOut) {
  const oracle::TemporaryFolder folder;
  auto members = oracle::plain_samples(3);
  members.emplace_back("x.png", plain(4));
  const auto path = tar(folder.file("a.tar"), members);
  const auto table =
      read_shard_images({.shards = {path}, .skip_unusable = true, .picture = {.side = 4}});
  const auto remarks = remarks_of(path, *table);
  ASSERT_EQ(remarks.size(), 1u);
  EXPECT_THAT(remarks[0], ::testing::HasSubstr("left out 1 samples"));
}

}  // namespace
}  // namespace jest::apps::train

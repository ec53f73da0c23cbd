// Byte sequences: the file, its defects, batches and prefixes of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "oracle/safetensors_bytes.hpp"
#include "train/formats/byte_table.hpp"

namespace jest::apps::train {
namespace {

using ::testing::ElementsAre;

class Bytes : public oracle::SafetensorsTest {
 protected:
  /// Three sequences of four bytes, tagged b, a, b.
  std::vector<std::uint8_t> bytes_{0, 1, 2, 3, 10, 11, 12, 13, 252, 253, 254, 255};
  std::vector<std::int64_t> shape_{3, 4};
  std::vector<std::int64_t> ids_{7, 9223372036854775807, 5};
  std::vector<std::int32_t> tags_{1, 0, 1};
  Metadata metadata_{{"tag_names", R"(["a", "b"])"}};

  std::filesystem::path write() {
    const auto count = [](const auto& v) { return static_cast<std::int64_t>(v.size()); };
    write_safetensors(folder_.file("t"),
                      {{"bytes", {"U8", shape_, oracle::bytes_of(bytes_)}},
                       {"ids", {"I64", {count(ids_)}, oracle::bytes_of(ids_)}},
                       {"tags", {"I32", {count(tags_)}, oracle::bytes_of(tags_)}}},
                      metadata_);
    return folder_.file("t");
  }
  std::string refusal() {
    return oracle::message_of([path = write()] { read_bytes(path); });
  }
};

TEST_F(Bytes, AreReadWithIdsAndTags) {
  const auto table = read_bytes(write());
  EXPECT_EQ(table->rows(), 3);
  EXPECT_EQ(table->length, 4);
  EXPECT_EQ(table->ids, ids_);
  EXPECT_EQ(table->tag_names[table->tags[0]], "b");
  EXPECT_THAT(table->of(2), ElementsAre(252, 253, 254, 255));
}

TEST_F(Bytes, ChecksumTellsContentsApart) {
  const std::string before = read_bytes(write())->checksum;
  EXPECT_EQ(read_bytes(write())->checksum, before);
  bytes_[5] = 0;
  EXPECT_NE(read_bytes(write())->checksum, before);
}

TEST_F(Bytes, DefectsAreNamed) {
  const auto mends = [this](auto& field, auto defect, const char* part) {
    const auto good = field;
    field = defect;
    EXPECT_THAT(refusal(), ::testing::HasSubstr(part));
    field = good;
  };
  mends(ids_, std::vector<std::int64_t>{1, 2}, "one id for each");
  mends(ids_, std::vector<std::int64_t>{1, -2, 3}, "ids of at least 0");
  mends(ids_, std::vector<std::int64_t>{1, 2, 1}, "distinct ids");
  mends(tags_, std::vector<std::int32_t>{0, 1, 2}, "tags below 2");
  mends(tags_, std::vector<std::int32_t>{0, 1}, "3 tags");
  mends(metadata_, Metadata{}, "tag_names");
  mends(metadata_, Metadata{{"tag_names", "a, b"}}, "tag_names");
  mends(shape_, std::vector<std::int64_t>{12}, "bytes");
}

TEST_F(Bytes, BatchesAndPrefixesKeepTheOrderOfRows) {
  const ByteBatch all({read_bytes(write()), {2, 0}});
  EXPECT_THAT(all.ids(), ElementsAre(5, 7));
  EXPECT_EQ(all.length(), 4);
  const ByteBatch prefix = all.prefix(2);
  EXPECT_TRUE(prefix.bytes().equal(torch::tensor({252, 253, 0, 1}, at::kByte).view({2, 2})));
  EXPECT_TRUE(prefix.at({1}).bytes().equal(torch::tensor({0, 1}, at::kByte).view({1, 2})));
  EXPECT_EQ(all.bytes().size(1), 4) << "a prefix leaves the batch as it was";
  EXPECT_THAT(oracle::message_of([&] { all.prefix(5); }), ::testing::HasSubstr("from 1 to the 4"));
  EXPECT_THROW(all.prefix(0), Error);
}

TEST_F(Bytes, JoinedTablesHoldThePoolAndThenTheCurated) {
  const auto pool = read_bytes(write());
  bytes_ = {20, 21, 22, 23};
  shape_ = {1, 4};
  ids_ = {7};
  tags_ = {1};
  const auto both = joined(*pool, *read_bytes(write()));
  EXPECT_EQ(both->rows(), 4);
  EXPECT_THAT(both->of(2), ElementsAre(252, 253, 254, 255));
  EXPECT_THAT(both->of(3), ElementsAre(20, 21, 22, 23));
  EXPECT_EQ(both->tag_names[both->tags[3]], "curated");
  EXPECT_NE(both->ids[3], 7);
  const at::Tensor rows = ByteBatch({both, {3, 0}}).bytes();
  EXPECT_TRUE(rows.equal(torch::tensor({20, 21, 22, 23, 0, 1, 2, 3}, at::kByte).view({2, 4})));
}

TEST_F(Bytes, SourceOverSomeRowsGivesThemAlone) {
  const TableSource<ByteBatch> source(read_bytes(write()), {0, 2}, {2, 3});
  for (std::int64_t step = 0; step < 5; ++step) {
    EXPECT_THAT(source.at(step).ids(), ::testing::UnorderedElementsAre(7, 5));
  }
}

}  // namespace
}  // namespace jest::apps::train

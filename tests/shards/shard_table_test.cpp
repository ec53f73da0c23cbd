// Rows of shards: which there are, what they are called, and that their pictures are theirs.

#include "jest/data/shards.hpp"

#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "jest/core/error.hpp"
#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"
#include "shards/made_up_shards.hpp"

namespace jest {
namespace {

using oracle::Members;
using oracle::plain;
using oracle::plain_samples;
using oracle::tar;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Shards : public ::testing::Test {
 protected:
  std::filesystem::path shard(const std::string& name, const Members& members,
                              int format = ARCHIVE_FORMAT_TAR_USTAR) const {
    return tar(folder_.file(name), members, format);
  }
  static ShardSpec small(std::vector<std::filesystem::path> shards) {
    return {.shards = std::move(shards), .picture = {.side = 4}, .threads = 2};
  }
  /// The number of a plain picture.
  static int seen(const ShardTable& table, std::int64_t row) {
    std::vector<std::uint8_t> out(48);
    const std::int64_t rows[] = {row};
    table.pictures(rows, out);
    return out[0] | out[16] << 4 | out[32] << 8;
  }

  oracle::TemporaryFolder folder_;
};

TEST_F(Shards, AreReadInTheirOrder) {
  const auto a = shard("a.tar", plain_samples(3)), b = shard("b.tar", plain_samples(2, 30));
  const ShardTable table(small({b, a}));
  EXPECT_THAT(table.captions,
              ElementsAre("caption 30", "caption 31", "caption 0", "caption 1", "caption 2"));
  for (const int row : {3, 0, 4, 1, 2}) EXPECT_EQ(seen(table, row), row < 2 ? 30 + row : row - 2);
  EXPECT_EQ(table.ids[0], hash_id("b/030"));
  EXPECT_EQ(table.describe(2), a.string() + ", sample 000");
  EXPECT_THAT(table.tags, IsEmpty());
  EXPECT_THAT(table.remarks, IsEmpty());
}

TEST_F(Shards, IdsDoNotDependOnOtherShards) {
  const auto a = shard("a.tar", plain_samples(3)), b = shard("b.tar", plain_samples(2));
  const ShardTable both(small({b, a})), one(small({a}));
  EXPECT_EQ(std::vector(both.ids.begin() + 2, both.ids.end()), one.ids);
  EXPECT_NE(both.checksum, one.checksum);
}

TEST_F(Shards, MayHaveNamesOfAnyLengthAndLetters) {
  const std::string folder = std::string(150, 'd') + "/ä.b", key = std::string(120, 'k');
  Members members = {{folder + "/" + key + ".cls.txt", "no caption"},
                     {folder + "/" + key + ".PNG", plain(7)},
                     {folder + "/" + key + ".txt", "a caption"}};
  for (const int format : {ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FORMAT_TAR_GNUTAR}) {
    const auto path = shard("long-" + std::to_string(format) + ".tar", members, format);
    const ShardTable table(small({path}));
    EXPECT_THAT(table.captions, ElementsAre("a caption"));
    EXPECT_EQ(seen(table, 0), 7);
    EXPECT_EQ(table.describe(0), path.string() + ", sample " + folder + "/" + key);
  }
}

TEST_F(Shards, CaptionsComeFromJson) {
  const auto path = shard("j.tar", {{"0.png", plain(0)},
                                    {"0.json", R"({"c": " one ", "t": "x"})"},
                                    {"1.png", plain(1)},
                                    {"1.json", R"({"c": ["two", "", "three"]})"},
                                    {"2.json", R"({"c": {"de": "vier", "en": "four"}})"},
                                    {"2.png", plain(2)}});
  ShardSpec spec = small({path});
  spec.caption_key = "c";
  const ShardTable table(spec);
  EXPECT_THAT(table.captions, ElementsAre("one", "two", "three", "vier", "four"));
  EXPECT_THAT(table.ids, ElementsAre(hash_id("j/0"), hash_id("j/1/0"), hash_id("j/1/2"),
                                     hash_id("j/2/de"), hash_id("j/2/en")));
  EXPECT_EQ(seen(table, 4), 2);
  EXPECT_EQ(table.picture_of(3), table.picture_of(4));
  EXPECT_THAT(table.tag_names, ElementsAre("untagged", "de", "en"));
  EXPECT_THAT(table.tags, ElementsAre(0, 0, 0, 1, 2));
  spec.tag_key = "t";
  EXPECT_THAT(ShardTable(spec).tag_names, ElementsAre("x", "untagged", "de", "en"));
}

TEST_F(Shards, ALaterRunFindsTheIndex) {
  const auto path = shard("a.tar", plain_samples(5));
  const ShardTable first(small({path}));
  const auto index = folder_.file("a.tar.index");
  const auto written = std::filesystem::last_write_time(index);
  const ShardTable second(small({path}));
  EXPECT_EQ(std::filesystem::last_write_time(index), written);
  EXPECT_EQ(first.checksum, second.checksum);
  EXPECT_EQ(first.ids, second.ids);
  for (int row = 0; row < 5; ++row) EXPECT_EQ(seen(second, row), row);
}

TEST_F(Shards, AnIndexOfAnotherShardIsMadeAnew) {
  const auto path = shard("a.tar", plain_samples(3));
  const std::string before = ShardTable(small({path})).checksum;
  shard("a.tar", plain_samples(3, 50));
  const ShardTable table(small({path}));
  EXPECT_THAT(table.remarks, ElementsAre(HasSubstr("a.tar.index is of another")));
  EXPECT_EQ(seen(table, 1), 51);
  EXPECT_NE(table.checksum, before);
  EXPECT_THAT(ShardTable(small({path})).remarks, IsEmpty());
}

TEST_F(Shards, IndexesMayLieElsewhere) {
  const auto path = shard("a.tar", plain_samples(2));
  ShardSpec spec = small({path});
  spec.index_folder = folder_.file("indexes/of/shards");
  EXPECT_THAT(ShardTable(spec).remarks, IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(folder_.file("a.tar.index")));
  EXPECT_FALSE(std::filesystem::is_empty(spec.index_folder));
  spec.index_folder = folder_.write("file", "");  // not a folder
  const ShardTable table(spec);
  EXPECT_THAT(table.remarks, ElementsAre(HasSubstr("the index is not kept")));
  EXPECT_EQ(seen(table, 1), 1);
}

TEST_F(Shards, PicturesDependNeitherOnThreadsNorOnMemory) {
  const auto path = shard("a.tar", plain_samples(60));
  for (const int threads : {1, 3}) {
    for (const std::int64_t memory : {0, 48 * 7, 1 << 20}) {
      ShardSpec spec = small({path});
      spec.threads = threads;
      spec.memory = memory;
      const ShardTable table(spec);
      const auto rows_of = [](int step) {
        std::vector<std::int64_t> rows;
        for (int k = 0; k < 20; ++k) rows.push_back((step * 15 + k * 7) % 60);
        return rows;
      };
      for (int step = 0; step < 6; ++step) {
        const auto rows = rows_of(step);
        if (step % 3 != 2) table.ahead(rows_of(step + 1));
        std::vector<std::uint8_t> out(48 * rows.size());
        table.pictures(rows, out);
        for (std::size_t k = 0; k < rows.size(); ++k) {
          ASSERT_EQ(out[48 * k] | out[48 * k + 16] << 4, rows[k]);
        }
      }
    }
  }
}

TEST_F(Shards, ServeSeveralThreads) {
  ShardSpec spec = small({shard("a.tar", plain_samples(100))});
  spec.memory = 48 * 10;
  const ShardTable table(spec);
  std::vector<std::jthread> users;
  for (int user = 0; user < 4; ++user) {
    users.emplace_back([&, user] {
      for (int k = 0; k < 200; ++k) {
        const int row = (k * 7 + user * 31) % 100;
        EXPECT_EQ(seen(table, row), row);
      }
    });
  }
}

TEST_F(Shards, AShardThatChangesUnderARunIsNoticed) {
  const auto path = shard("a.tar", plain_samples(4));
  const ShardTable table(small({path}));
  EXPECT_EQ(seen(table, 0), 0);
  shard("other.tar", plain_samples(4, 9));
  std::filesystem::rename(folder_.file("other.tar"), path);
  const std::string line = oracle::message_of([&] { seen(table, 1); });
  EXPECT_THAT(line, HasSubstr("a.tar: expected a shard that stays as it is"));
  std::filesystem::resize_file(path, 700);
  EXPECT_THAT(oracle::message_of([&] { seen(table, 2); }), HasSubstr("a.tar"));
}

TEST(Braces, StandForFiles) {
  using Paths = std::vector<std::filesystem::path>;
  EXPECT_EQ(expand_braces("a.tar"), Paths{"a.tar"});
  EXPECT_EQ(expand_braces("p-{008..010}.tar"), (Paths{"p-008.tar", "p-009.tar", "p-010.tar"}));
  EXPECT_EQ(expand_braces("{x,y}/{0..1}"), (Paths{"x/0", "x/1", "y/0", "y/1"}));
  for (const char* bad : {"a{3..1}", "a{x..y}", "a{1..", "{a{b}}", "{0..9999999}",
                          "{000..999}{000..999}{0..9}", "{1..2..3}"}) {
    EXPECT_THAT(oracle::message_of([&] { expand_braces(bad); }), HasSubstr("expected braces like"));
  }
}

}  // namespace
}  // namespace jest

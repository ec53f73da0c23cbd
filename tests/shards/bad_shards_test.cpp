// What is wrong with a shard is told in one line that names it, when the table is read.

#include <gmock/gmock.h>

#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"
#include "shards/made_up_shards.hpp"

namespace jest {
namespace {

using oracle::Members;
using oracle::plain;
using oracle::plain_samples;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class BadShards : public ::testing::Test {
 protected:
  ShardSpec spec(const Members& members) const {
    return {.shards = {oracle::tar(folder_.file("a.tar"), members)}, .picture = {.side = 4}};
  }
  std::string said(const ShardSpec& spec) const {
    return oracle::message_of([&] { ShardTable table(spec); });
  }
  std::string said_of_file(const std::string& content) const {
    return said({.shards = {folder_.write("f.tar", content)}});
  }
  std::string bytes(const std::filesystem::path& path) const {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  oracle::TemporaryFolder folder_;
};

TEST_F(BadShards, OtherFilesAreNamed) {
  EXPECT_THAT(said_of_file("\x1F\x8B and more"), AllOf(HasSubstr("f.tar"), HasSubstr("gunzip")));
  EXPECT_THAT(said_of_file(std::string(2000, 'x')), HasSubstr("expected a tar archive"));
  EXPECT_THAT(said_of_file(""), HasSubstr("an empty file"));
  EXPECT_THAT(said_of_file(std::string(10240, '\0')), HasSubstr("no samples"));
  EXPECT_THAT(said({.shards = {folder_.file("none.tar")}}), HasSubstr("none.tar"));
  EXPECT_THAT(said({.shards = {folder_.file("")}}), HasSubstr("a folder"));
  EXPECT_THAT(said({}), HasSubstr("at least one"));
}

TEST_F(BadShards, CutShortAnywhereAreRefused) {
  const std::string whole = bytes(spec(plain_samples(3)).shards[0]);
  const std::size_t end = whole.find_last_not_of('\0') / 512 * 512 + 512;
  for (std::size_t size = 1; size < end + 512; ++size) {
    if (size % 97 != 1 && size % 512 != 0) continue;  // among them all ends of members
    ASSERT_THAT(said_of_file(whole.substr(0, size)), HasSubstr("f.tar")) << size;
  }
  ShardTable table({.shards = {folder_.write("g.tar", whole.substr(0, end + 512))}});
  EXPECT_EQ(table.rows(), 3);
}

TEST_F(BadShards, AShardWithoutCaptionsIsRefusedWhateverIsSkipped) {
  ShardSpec given = spec({{"0.png", plain(0)}, {"0.json", R"({"text": "one"})"}});
  EXPECT_THAT(said(given), AllOf(HasSubstr("a.tar"), HasSubstr("caption")));
  given.skip_unusable = true;
  EXPECT_THAT(said(given), HasSubstr("expected samples with a caption in .txt"));
  given.caption_key = "caption";
  EXPECT_THAT(said(given), HasSubstr("expected samples with a caption in .json, \"caption\""));
  given.caption_key = "text";
  EXPECT_EQ(ShardTable(given).captions[0], "one");
}

TEST_F(BadShards, AnUnusableSampleIsNamedOrLeftOutAndCounted) {
  const Members unusable[] = {{{"bad/x.txt", "no picture"}},
                              {{"bad/x.png", plain(1)}},
                              {{"bad/x.png", plain(1).substr(0, 50)}, {"bad/x.txt", "cut short"}}};
  const char* const expected[] = {"expected a picture (", "expected a caption in .txt",
                                  "expected a picture that decodes ("};
  for (int kind = 0; kind < 3; ++kind) {
    Members members = plain_samples(2);
    members.insert(members.begin() + 2, unusable[kind].begin(), unusable[kind].end());
    for (int time = 0; time < 2; ++time) {  // the second finds the index
      ShardSpec given = spec(members);
      EXPECT_THAT(said(given), AllOf(HasSubstr("a.tar, sample bad/x"), HasSubstr(expected[kind])));
      given.skip_unusable = true;
      const ShardTable table(given);
      EXPECT_THAT(table.captions, ElementsAre("caption 0", "caption 1"));
      EXPECT_EQ(table.left_out.all(), 1);
      const LeftOut& out = table.left_out;
      const std::int64_t counts[] = {out.without_picture, out.without_caption, out.undecodable};
      EXPECT_EQ(counts[kind], 1);
    }
  }
}

TEST_F(BadShards, CaptionsOfOtherTypesAreRefused) {
  const auto of_json = [&](const std::string& json) {
    ShardSpec given = spec({{"0.png", plain(0)}, {"0.json", json}});
    given.caption_key = "c";
    return said(given);
  };
  EXPECT_THAT(of_json("{\"c\": 3}"), AllOf(HasSubstr("sample 0.json"), HasSubstr("got number")));
  EXPECT_THAT(of_json("{\"c\": [\"a\", {}]}"), HasSubstr("got object"));
  EXPECT_THAT(of_json("[\"a\"]"), HasSubstr("expected an object in JSON"));
  EXPECT_THAT(of_json("{\"c\": \"a"), HasSubstr("no JSON"));
  EXPECT_THAT(said(spec({{"0.png", plain(0)}, {"0.txt", "\xE4 Latin-1"}})), HasSubstr("UTF-8"));
}

TEST_F(BadShards, ACaptionThatCannotBeReadIsLeftOutAndCounted) {
  Members members = plain_samples(2);
  members.insert(members.end(), {{"x.png", plain(3)}, {"x.txt", "\xE4 Latin-1"}});
  ShardSpec given = spec(members);
  given.skip_unusable = true;
  const ShardTable table(given);
  EXPECT_EQ(table.rows(), 2);
  EXPECT_EQ(table.left_out.without_caption, 1);
}

TEST_F(BadShards, TwoSamplesOfOneNameAreRefused) {
  Members twice = plain_samples(2);
  twice.emplace_back("000.png", plain(3));
  twice.emplace_back("000.txt", "again");
  EXPECT_THAT(said(spec(twice)), HasSubstr("sample 000: expected samples of different names"));
  ShardSpec given = spec(plain_samples(2));
  given.shards.push_back(given.shards[0]);
  EXPECT_THAT(said(given), HasSubstr("shards of different names"));
}

TEST_F(BadShards, ADamagedOrForeignIndexIsRefused) {
  const ShardSpec given = spec(plain_samples(3));
  { ShardTable table(given); }
  const auto index = folder_.file("a.tar.index");
  const std::string whole = bytes(index);
  for (std::size_t at = 0; at < whole.size(); at += 41) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    folder_.write("a.tar.index", flipped);
    EXPECT_THAT(said(given), HasSubstr("a.tar.index")) << at;
  }
  folder_.write("a.tar.index", whole.substr(0, whole.size() / 2));
  EXPECT_THAT(said(given), HasSubstr("a.tar.index"));
  folder_.write("a.tar.index", "somebody's own");
  EXPECT_THAT(said(given), AllOf(HasSubstr("a.tar.index"), HasSubstr("removed is made anew")));
  EXPECT_EQ(bytes(index), "somebody's own");
}

TEST_F(BadShards, AFileWithHolesIsRefused) {
  const auto path = folder_.file("s.tar");
  archive* out = archive_write_new();
  archive_write_set_format_pax(out);
  archive_write_open_filename(out, path.c_str());
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "0.png");
  archive_entry_set_size(entry, 1 << 20);
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_sparse_add_entry(entry, (1 << 20) - 512, 512);
  archive_write_header(out, entry);
  const std::string zeros(1 << 20, 'x');
  archive_write_data(out, zeros.data(), zeros.size());
  archive_entry_free(entry);
  archive_write_close(out);
  archive_write_free(out);
  EXPECT_THAT(said({.shards = {path}}), HasSubstr("0.png, which has holes"));
}

}  // namespace
}  // namespace jest

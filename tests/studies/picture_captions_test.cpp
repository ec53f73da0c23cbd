// Stamps and emoji: captions out of their files, subjects that stay apart, shards.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>
#include <string>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "prepare/pictures/captioned_picture.hpp"
#include "prepare/pictures/emoji_font.hpp"
#include "prepare/pictures/emoji_names.hpp"
#include "prepare/pictures/picture_captions.hpp"
#include "prepare/pictures/picture_split.hpp"
#include "prepare/pictures/shard_file.hpp"
#include "prepare/pictures/stamp_captions.hpp"
#include "prepare/temporary_folder.hpp"

namespace jest::studies {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Subjects, AreWordsWithoutArticles) {
  EXPECT_EQ(subject_of("A great-horned Owl."), "great horned owl");
  EXPECT_EQ(subject_of("The letter é."), "letter é");
  EXPECT_EQ(subject_of("The!"), "");
  EXPECT_TRUE(is_within("owl", "great horned owl"));
  EXPECT_TRUE(is_within("owl great", "great horned owl"));
  EXPECT_FALSE(is_within("cat", "category"));
  EXPECT_FALSE(is_within("", "owl"));
}

TEST(StampCaptions, AreOfManyLanguages) {
  EXPECT_THAT(read_stamp_captions("A fox.\r\nde.utf8=Ein Fuchs. \nfr.utf8=\nxx=no\n"
                                  "ca@valencia.utf8=Una = rabosa.\nla.utf8=\xE9\n"),
              ElementsAre(Pair("ca@valencia", "Una = rabosa."), Pair("de", "Ein Fuchs."),
                          Pair("en", "A fox.")));
  EXPECT_THAT(read_stamp_captions("\nde.utf8=Ein Fuchs.\n"), IsEmpty());
  EXPECT_THAT(read_stamp_captions(""), IsEmpty());
}

TEST(EmojiNames, AreTheShortOnes) {
  const auto names = read_emoji_names(
      "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<!DOCTYPE ldml SYSTEM \"ldml.dtd\">\n"
      "<ldml>\n<identity>\n<version number=\"1\"/>\n<language type=\"de\"/>\n</identity>\n"
      "<annotations>\n<annotation cp=\"🦊\">Fuchs | Gesicht</annotation>\n"
      "<annotation cp=\"🦊\" type=\"tts\">Fuchs &amp; Füchsin</annotation>\n"
      "<annotation cp=\"🦉\" type=\"tts\">↑↑↑</annotation>\n"
      "<annotation cp=\"&lt;\" type=\"tts\">kleiner als</annotation>\n</annotations>\n</ldml>\n");
  EXPECT_THAT(names, ElementsAre(Pair("<", "kleiner als"), Pair("🦊", "Fuchs & Füchsin")));
  EXPECT_EQ(only_code_point("🦊"), U'🦊');
  EXPECT_EQ(only_code_point("🦊🦊"), 0u);
  EXPECT_EQ(only_code_point(""), 0u);
  EXPECT_EQ(cldr_locale("zh_TW"), "zh_Hant");
  EXPECT_EQ(cldr_locale("de"), "de");
}

std::vector<CaptionedPicture> pictures(const std::string& kind, int count) {
  std::vector<CaptionedPicture> made;
  for (int k = 0; k < count; ++k) {
    const std::string name = "thing " + std::to_string(k);
    made.push_back({kind + "/" + std::to_string(k), "file", {{"en", "A " + name}, {"de", name}}});
  }
  return made;
}

std::set<std::string> subjects(const std::vector<CaptionedPicture>& list) {
  std::set<std::string> all;
  for (const auto& one : list) all.insert(one.key.substr(one.key.find('/') + 1));
  return all;
}

TEST(PictureSplit, HeldOutSubjectsAreInNothingElse) {
  const PictureSpec spec{.language = "de", .languages = {"en"}, .held_out = 0.2, .seed = 3};
  auto emoji = pictures("emoji", 300);
  emoji.push_back(
      {"emoji/more", "file", {{"en", "thing 0 thing 1 thing 2 thing 3 thing 4 thing 5"}}});
  const PictureSplit split = split_pictures(pictures("stamps", 200), emoji, spec);
  const auto held = subjects(split.eval_stamps), trusted = subjects(split.curated);
  EXPECT_NEAR(static_cast<double>(held.size()), 40, 20);
  EXPECT_NEAR(static_cast<double>(trusted.size()), 80, 25);
  for (const std::string& subject : subjects(split.pool)) {
    EXPECT_FALSE(held.contains(subject)) << subject;
  }
  for (const std::string& subject : trusted) EXPECT_FALSE(held.contains(subject)) << subject;
  for (const std::string& subject : held) EXPECT_TRUE(subjects(split.eval_emoji).contains(subject));
  for (const auto& picture : split.pool) {
    EXPECT_FALSE(picture.key.starts_with("stamps/") && trusted.contains(picture.key.substr(7)));
    EXPECT_THAT(picture.captions, ElementsAre(Pair("en", ::testing::_)));
  }
  EXPECT_THAT(split.curated[0].captions, ElementsAre(Pair("de", ::testing::_)));
  EXPECT_FALSE(subjects(split.pool).contains("more"));
}

TEST(PictureSplit, FollowsTheSeed) {
  const auto stamps = pictures("stamps", 100);
  const auto held = [&](std::uint64_t seed) {
    return subjects(split_pictures(stamps, {}, {.seed = seed}).eval_stamps);
  };
  EXPECT_EQ(held(1), held(1));
  EXPECT_NE(held(1), held(2));
}

TEST(ShardFile, IsTheSameOfTheSamePictures) {
  const TemporaryFolder folder;
  auto list = pictures("a", 3);
  const auto path = folder.path() / "s.tar";
  EXPECT_THAT(write_shard(path, list), ElementsAre(Pair("de", 3), Pair("en", 3)));
  const std::string first = read_file(path);
  EXPECT_THAT(first, HasSubstr("a/0.png"));
  EXPECT_THAT(first, HasSubstr(R"({"caption":{"de":"thing 1","en":"A thing 1"}})"));
  EXPECT_EQ(first.substr(257, 5), "ustar");
  std::swap(list[0], list[2]);
  write_shard(path, list);
  EXPECT_EQ(read_file(path), first);
}

TEST(PictureFolder, IsFilledAndMaySeeIndexesArrive) {
  const TemporaryFolder folder;
  const PreparedFolder prepared = picture_captions_folder(folder.path());
  PictureSplit split{pictures("a", 2), pictures("b", 3), pictures("c", 1), pictures("d", 4)};
  const auto manifest = write_picture_captions(prepared, split, {{"seed", 1}});
  EXPECT_EQ(manifest.at("files").at("pool.tar").at("rows"), 6);
  EXPECT_EQ(manifest.at("files").at("eval-emoji.tar").at("pictures"), 4);
  write_file(folder.path() / "pool.tar.index", "of jest-train");
  const auto found = existing_manifest(prepared, {{"seed", 1}});
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(tables_match(prepared, *found));
  split.eval_stamps.clear();
  EXPECT_THROW(write_picture_captions(prepared, split, {}), Error);
}

TEST(EmojiFont, IsRefusedWhereThereAreNoColours) {
  const TemporaryFolder folder;
  write_file(folder.path() / "f.ttf", "no font");
  EXPECT_THROW(EmojiFont(folder.path() / "f.ttf"), Error);
}

TEST(Stamps, AreThePicturesThatHaveACaption) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "animals/v1.0");
  write_file(folder.path() / "animals/v1.0/fox.png", "picture");
  write_file(folder.path() / "animals/v1.0/fox.txt", "A fox.\n");
  write_file(folder.path() / "animals/owl.png", "picture");
  const auto stamps = read_stamps(folder.path());
  ASSERT_EQ(stamps.size(), 1u);
  EXPECT_EQ(stamps[0].key, "stamps/animals/v1_0/fox");
  EXPECT_EQ(stamps[0].file, "picture");
}

}  // namespace
}  // namespace jest::studies

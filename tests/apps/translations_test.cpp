#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "data/apt_index.hpp"
#include "data/child_process.hpp"
#include "data/description_records.hpp"
#include "data/package_stem.hpp"
#include "data/shared_words.hpp"
#include "data/temporary_folder.hpp"
#include "data/translation_files.hpp"
#include "data/translation_noise.hpp"
#include "data/translation_rows.hpp"
#include "data/translation_split.hpp"
#include "data/translations.hpp"
#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kGerman =
    "Package: foo\n"
    "Description-md5: 0a\n"
    "Description-de: Ein kurzer\tText\n"
    " Erste Zeile\n"
    "   zweite Zeile\n"
    " .\n"
    " Neuer Absatz\n"
    "\n"
    "Package: bar\n"
    "Description-md5: 0b\n"
    "Description-de: Nur kurz\n"
    "\n"
    "Package: without-text\n"
    "Description-md5: 0c\n";

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

TEST(DescriptionRecords, JoinsWrappedLinesAndSplitsParagraphs) {
  const Descriptions read = add_descriptions({}, kGerman, "de");
  EXPECT_THAT(read, SizeIs(2));
  EXPECT_THAT(read.at("foo 0a"),
              ElementsAre("Ein kurzer Text", "Erste Zeile zweite Zeile", "Neuer Absatz"));
  EXPECT_THAT(read.at("bar 0b"), ElementsAre("Nur kurz"));
}

TEST(DescriptionRecords, KeepsTheFirstTextOfAKeyAndIgnoresOtherLanguages) {
  const Descriptions read = add_descriptions({{"foo 0a", {"first"}}}, kGerman, "de");
  EXPECT_THAT(read.at("foo 0a"), ElementsAre("first"));
  EXPECT_THAT(add_descriptions({}, kGerman, "d"), IsEmpty());
}

TEST(TranslationRows, AlignOnlyEqualCounts) {
  const auto pairs = align({"short", "long"}, {"kurz", "lang"});
  ASSERT_THAT(pairs, SizeIs(2));
  EXPECT_EQ(pairs[1].x, "long");
  EXPECT_EQ(pairs[1].y, "lang");
  EXPECT_THAT(align({"short", "long"}, {"kurz"}), IsEmpty());
}

TEST(TranslationRows, DropUnchangedEmptyAndRepeatedPairs) {
  const Descriptions english = {{"a 1", {"same", "the library"}},
                                {"b 1", {"the library", "GNU"}},
                                {"c 1", {"not translated"}}};
  const Descriptions german = {{"a 1", {"same", "die Bibliothek"}},
                               {"b 1", {"die Bibliothek", "gnu Programm"}},
                               {"d 1", {"nicht auf Englisch"}}};
  const TranslationRows rows = translation_rows(english, german, "de");
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].text.x, "the library");
  EXPECT_EQ(rows[0].tag, "de");
  EXPECT_GE(rows[0].id, 0);
}

TEST(SharedWords, GoWhateverTheirCase) {
  const TextPair pair = without_shared_words(
      {"The GNOME viewer, for Ärger & STRASSE 3.0!", "Betrachter für gnome; ärger (straße) 3"});
  EXPECT_EQ(pair.x, "The viewer for 0");
  EXPECT_EQ(pair.y, "Betrachter für");
}

TEST(SharedWords, AgreeWhetherComposedOrNot) { EXPECT_EQ(folded("\u00C4"), folded("a\u0308")); }

TEST(SharedWords, LeaveJapaneseAsItIs) {
  const TextPair pair = without_shared_words({"a library", "ライブラリです。開発用"});
  EXPECT_EQ(pair.y, "ライブラリです 開発用");
}

TEST(SharedWords, SkipBytesThatAreNotUtf8) {
  EXPECT_THAT(split_words("ab\xFF\xFE"
                          "cd\t"),
              ElementsAre("ab", "cd"));
}

TEST(SharedWords, FeatureCountsAreWordsAndFourGramsOfCodePoints) {
  EXPECT_EQ(feature_count(""), 0u);
  EXPECT_EQ(feature_count("abc"), 1u);
  EXPECT_EQ(feature_count("für, dich"), 2u + 5u);
}

TEST(PackageStem, BinaryPackagesOfOneSourceShareIt) {
  const std::map<std::string, std::set<std::string>> stems = {
      {"ssl", {"libssl1.1", "libssl-dev", "libssl-doc"}},
      {"pam", {"libpam0g", "libpam0g-dev", "libpam-modules"}},
      {"numpy", {"python3-numpy", "python-numpy-doc", "numpy"}},
      {"python", {"python3-doc", "python3.11-minimal", "libpython3.11-dev"}},
      {"serde", {"librust-serde-dev", "librust-serde+std-dev", "librust-serde-1-dev"}},
      {"hermit", {"fonts-hermit"}},
      {"ggplot", {"r-cran-ggplot2"}},
      {"g++", {"g++", "g++-12"}},
      {"7zip", {"7zip"}}};
  for (const auto& [stem, packages] : stems) {
    for (const std::string& package : packages) EXPECT_EQ(package_stem(package), stem) << package;
  }
}

TEST(PackageStem, EightInAHundredAreHeldOut) {
  int held_out = 0;
  for (int i = 0; i < 20'000; ++i) held_out += stem_held_out(text("stem", i)) ? 1 : 0;
  EXPECT_NEAR(held_out, 1600, 160);  // four standard deviations
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
  const TranslationSplit other = split_translations(many_rows(), {"de", 0.3, 6});
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

TEST(TranslationFiles, TablesAreWellFormed) {
  EXPECT_EQ(rows_as_tsv({{7, {"a b", "c"}, "de", "stem"}}), "id\tx\ty\ttag\n7\ta b\tc\tde\n");
  EXPECT_THROW(rows_as_tsv({{7, {"a\tb", "c"}, "de", "stem"}}), Error);
}

TEST(TranslationFiles, AreUsedAgainOnlyWhereTheyWereAskedForAlike) {
  const TemporaryFolder folder;
  const PreparedFolder prepared = translations_folder(folder.path());
  const auto request = requested({.target = "de"}, "1.0");
  EXPECT_FALSE(existing_manifest(prepared, request));
  const TranslationRows rows = {{1, {"a", "b"}, "de", "s"}};
  write_translations(prepared, {rows, rows, rows}, request);

  const auto manifest = existing_manifest(prepared, request);
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->at("files").at("pool.tsv").at("tags").at("de"), 1);
  EXPECT_TRUE(tables_match(prepared, *manifest));
  EXPECT_THROW(existing_manifest(prepared, requested({.target = "fr"}, "1.0")), Error);

  write_file(folder.path() / "pool.tsv", "something else");
  EXPECT_FALSE(tables_match(prepared, *manifest));
  write_file(folder.path() / "letter.txt", "a file of the user's");
  EXPECT_THROW(existing_manifest(prepared, request), Error);
}

TEST(AptIndex, FindsLanguagesAndDates) {
  const TemporaryFolder lists;
  write_file(lists.path() / "host_dists_x_main_i18n_Translation-pt%5fBR", "text");
  write_file(lists.path() / "host_dists_x_InRelease", "Origin: Debian\nDate: today\n");
  write_file(lists.path() / "host_dists_y_InRelease", "Date: yesterday\n");
  const auto indexes = find_indexes(lists.path());
  ASSERT_THAT(indexes, SizeIs(1));
  EXPECT_EQ(indexes[0].language, "pt_BR");
  EXPECT_EQ(indexes[0].release_date, "today");
}

TEST(AptIndex, ConfigurationOverridesTheSystemsLanguages) {
  const std::string configuration =
      apt_configuration("/somewhere", {.languages = {"en", "de", "fr"}});
  EXPECT_THAT(configuration, HasSubstr("#clear Acquire::Languages;\n"));
  EXPECT_THAT(configuration, HasSubstr("Acquire::Languages { \"en\"; \"de\"; \"fr\"; };"));
  EXPECT_THAT(configuration, HasSubstr("Dir::State::Lists \"/somewhere/lists\";"));
}

TEST(ChildProcess, KeepsOutputAndStatus) {
  const ChildOutput output = run_child({"sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(output.text, "out\nerr\n");
  EXPECT_EQ(output.exit_status, 3);
  EXPECT_THROW(run_child({"no-such-program-anywhere"}), Error);
}

TEST(Translations, ChecksOptionsBeforeAnyWork) {
  const TemporaryFolder out;
  TranslationsCommand command;
  command.out = out.path();
  for (const SplitSpec& spec : {SplitSpec{.target = "tlh"}, SplitSpec{.target = "de", .noise = 1},
                                SplitSpec{.target = "de", .noise = -0.1}}) {
    command.spec = spec;
    EXPECT_THROW(prepare_translations(command), Error);
  }
  EXPECT_TRUE(std::filesystem::is_empty(out.path()));
}

}  // namespace
}  // namespace jest

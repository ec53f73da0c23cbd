// From the records of descriptions to tables in a folder.
#include "prepare/translations.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "oracle/flipped_bits.hpp"
#include "prepare/apt_index.hpp"
#include "prepare/child_process.hpp"
#include "prepare/description_records.hpp"
#include "prepare/temporary_folder.hpp"
#include "prepare/translation_files.hpp"
#include "prepare/translation_rows.hpp"

namespace jest::studies {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
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

TEST(TranslationFiles, TablesAreWellFormed) {
  EXPECT_EQ(rows_as_tsv({{7, {"a b", "c"}, "de", "stem"}}), "id\tx\ty\ttag\n7\ta b\tc\tde\n");
  EXPECT_THROW(rows_as_tsv({{7, {"a\tb", "c"}, "de", "stem"}}), Error);
}

TEST(TranslationFiles, HaveAManifestOfWhichEveryFlippedBitIsFound) {
  const TemporaryFolder folder;
  const PreparedFolder prepared = translations_folder(folder.path());
  const auto request = requested({.target = "de"}, "1.0");
  const TranslationRows rows = {{1, {"a", "b"}, "de", "s"}};
  const auto written = write_translations(prepared, {rows, rows, rows}, request);
  const auto answer = [&] {
    const auto manifest = existing_manifest(prepared, request).value();
    std::string known;
    for (const auto& [name, value] : written.items()) known += manifest.at(name).dump();
    return known;
  };
  oracle::expect_no_bit_is_believed(folder.path() / "manifest.json", "manifest.json", answer,
                                    8 * 12);
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
  for (const SplitSpec& spec :
       {SplitSpec{.target = "tlh"}, SplitSpec{.target = "de", .noise = 1},
        SplitSpec{.target = "de", .noise = -0.1}, SplitSpec{.target = "de", .mismatched = 1},
        SplitSpec{.target = "de", .noise = 0.1, .mismatched = 0.1}}) {
    command.spec = spec;
    EXPECT_THROW(prepare_translations(command), Error);
  }
  EXPECT_TRUE(std::filesystem::is_empty(out.path()));
}

}  // namespace
}  // namespace jest::studies

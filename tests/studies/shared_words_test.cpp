// Words that both sides share, and names that packages of one source share.
#include "prepare/shared_words.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>
#include <string>

#include "jest/core/error.hpp"
#include "prepare/package_stem.hpp"

namespace jest::studies {
namespace {

using ::testing::ElementsAre;

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

}  // namespace
}  // namespace jest::studies

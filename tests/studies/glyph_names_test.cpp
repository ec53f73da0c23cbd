#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/io/safetensors.hpp"
#include "prepare/glyphs/font_file.hpp"
#include "prepare/glyphs/font_sources.hpp"
#include "prepare/glyphs/glyph_image.hpp"
#include "prepare/glyphs/glyph_names.hpp"
#include "prepare/glyphs/glyph_rows.hpp"
#include "prepare/glyphs/glyph_split.hpp"
#include "prepare/glyphs/unicode_names.hpp"
#include "prepare/temporary_folder.hpp"
#include "tiny_font.hpp"

namespace jest::studies {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// The picture of a filled rectangle of columns [left, right) and rows [top, bottom).
std::string filled(int left, int right, int top, int bottom) {
  std::string image(kGlyphSide * kGlyphSide, '\0');
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) image[static_cast<std::size_t>(y * kGlyphSide + x)] = '\xFF';
  }
  return image;
}

/// Names of the code points 1000 ... 1999, in lines of UnicodeData.txt.
UnicodeNames thousand_names() {
  std::string table;
  for (int i = 1000; i < 2000; ++i) {
    table += text(std::hex, std::uppercase, i, ";NAME ", std::dec, i, ";Ll;0;L;;;;;N;;;;;\n");
  }
  return read_unicode_names(table);
}

std::vector<DrawnGlyph> thousand_glyphs(char fill) {
  std::vector<DrawnGlyph> glyphs;
  for (char32_t code_point = 1000; code_point < 2000; ++code_point) {
    glyphs.push_back({code_point, std::string(kGlyphSide * kGlyphSide, fill)});
  }
  return glyphs;
}

GlyphSplit split_of_three_fonts(const GlyphSpec& spec) {
  const UnicodeNames names = thousand_names();
  GlyphCollector collector;
  collector.add(FontUse::kCurated, {"clean", "c.ttf"}, thousand_glyphs('c'), names);
  collector.add(FontUse::kPool, {"pool", "p.ttf"}, thousand_glyphs('p'), names);
  collector.add(FontUse::kPool, {"other", "o.ttf"}, thousand_glyphs('o'), names);
  collector.add(FontUse::kEvaluation, {"eval", "e.ttf"}, thousand_glyphs('e'), names);
  return collector.split(spec);
}

std::map<std::int64_t, std::int32_t> names_by_id(const ImageRows& rows) {
  std::map<std::int64_t, std::int32_t> names;
  for (const ImageRow& row : rows) names[row.id] = row.name;
  return names;
}

TEST(UnicodeNames, AreThoseThatACharacterHasOfItsOwn) {
  const UnicodeNames read = read_unicode_names(
      "0000;<control>;Cc;0;BN;;;;;N;NULL;;;;\n"
      "0041;LATIN CAPITAL LETTER A;Lu;0;L;;;;;N;;;;0061;\n"
      "002D;HYPHEN-MINUS;Pd;0;ES;;;;;N;;;;;\n"
      "4E00;<CJK Ideograph, First>;Lo;0;L;;;;;N;;;;;\n"
      "E000;<Private Use, First>;Co;0;L;;;;;N;;;;;\n"
      "F900;CJK COMPATIBILITY IDEOGRAPH-F900;Lo;0;L;8C48;;;;N;;;;;\n");
  EXPECT_THAT(read.names, ElementsAre("LATIN CAPITAL LETTER A", "HYPHEN-MINUS"));
  EXPECT_EQ(read.positions.at(U'A'), 0);
  EXPECT_EQ(read.positions.at(U'-'), 1);
  EXPECT_THROW(read_unicode_names("no table;at all"), Error);
}

TEST(UnicodeNames, TenInAHundredAreHeldOut) {
  int held_out = 0;
  for (char32_t code_point = 0; code_point < 20'000; ++code_point) {
    held_out += code_point_held_out(code_point) ? 1 : 0;
  }
  EXPECT_NEAR(held_out, 2000, 170);  // four standard deviations
}

TEST(GlyphImage, CentresInkOnTheBaseline) {
  const std::string ink(10 * 5, '\xFF');
  const auto* pixels = reinterpret_cast<const std::uint8_t*>(ink.data());
  EXPECT_EQ(glyph_image({pixels, 10, 5, 10, 5}), filled(11, 21, 18, 23));
  EXPECT_EQ(glyph_image({pixels, 9, 5, 10, 2}), filled(11, 20, 21, 26));
}

TEST(GlyphImage, CutsOffWhatDoesNotFitAndIsEmptyWithoutInk) {
  const std::string ink(40 * 40, '\xFF'), blank(40 * 40, '\0');
  const auto* pixels = reinterpret_cast<const std::uint8_t*>(ink.data());
  EXPECT_EQ(glyph_image({pixels, 40, 40, 40, 30}), filled(0, 32, 0, 32));
  EXPECT_THAT(glyph_image({pixels, 4, 4, 40, 30}), IsEmpty());
  EXPECT_THAT(glyph_image({pixels, 0, 0, 0, 0}), IsEmpty());
  EXPECT_THAT(glyph_image({reinterpret_cast<const std::uint8_t*>(blank.data()), 9, 9, 40, 9}),
              IsEmpty());
}

TEST(FontFile, DrawsRectanglesWhereTheyBelong) {
  const TemporaryFolder folder;
  write_file(folder.path() / "tiny.ttf", tests::tiny_font({{U' ', 0, 0, 0, 0},
                                                           {U'A', 300, 0, 1300, 1500},
                                                           {U'p', 0, -500, 400, 1000},
                                                           {U'\U0001F600', -300, 0, 3700, 100}}));
  const std::vector<DrawnGlyph> glyphs = render_font(folder.path() / "tiny.ttf");
  ASSERT_THAT(glyphs, SizeIs(3));  // a space shows nothing
  EXPECT_EQ(glyphs[0].code_point, U'A');
  EXPECT_EQ(glyphs[0].image, filled(11, 21, 8, 23));
  EXPECT_EQ(glyphs[1].image, filled(14, 18, 13, 28));
  EXPECT_EQ(glyphs[2].code_point, U'\U0001F600');
  EXPECT_EQ(glyphs[2].image, filled(0, 32, 22, 23));
}

TEST(FontFile, CoversPixelsInPart) {
  const TemporaryFolder folder;
  write_file(folder.path() / "tiny.ttf", tests::tiny_font({{U'A', 0, 0, 200, 50}}));
  const std::vector<DrawnGlyph> glyphs = render_font(folder.path() / "tiny.ttf");
  ASSERT_THAT(glyphs, SizeIs(1));
  const auto pixel = static_cast<std::uint8_t>(glyphs[0].image[22 * kGlyphSide + 15]);
  EXPECT_NEAR(pixel, 128, 2);  // unhinted: half a row stays half a row
}

TEST(FontFile, RefusesWhatIsNoFont) {
  const TemporaryFolder folder;
  write_file(folder.path() / "not.ttf", "not a font");
  EXPECT_THROW(render_font(folder.path() / "not.ttf"), Error);
}

TEST(FontSources, EveryPackageHasOneUseAndNoFamilyTwo) {
  std::set<std::string> packages;
  std::map<std::string, std::set<FontUse>> uses;
  for (const FontSource& source : font_sources()) {
    EXPECT_TRUE(packages.insert(source.package).second) << source.package;
    uses[source.tag].insert(source.use);
    if (source.use != FontUse::kEvaluation) {
      EXPECT_FALSE(source.package.find("gentium") != std::string::npos) << source.package;
    }
  }
  for (const auto& [tag, of] : uses) EXPECT_THAT(of, SizeIs(1)) << tag;
}

TEST(GlyphSplit, LeaksNoFontAndNoHeldOutCharacter) {
  const UnicodeNames names = thousand_names();
  std::set<std::int32_t> held_out;
  for (const auto& [code_point, name] : names.positions) {
    if (code_point_held_out(code_point)) held_out.insert(name);
  }
  const GlyphSplit split = split_of_three_fonts({.noise = 0.5, .seed = 1});
  for (const ImageRows* rows : {&split.curated, &split.pool, &split.eval_seen}) {
    EXPECT_THAT(*rows, SizeIs((1000 - held_out.size()) * (rows == &split.pool ? 2 : 1)));
    for (const ImageRow& row : *rows) EXPECT_FALSE(held_out.contains(row.name)) << row.name;
  }
  EXPECT_THAT(split.eval_unseen, SizeIs(held_out.size()));
  for (const ImageRow& row : split.eval_unseen) EXPECT_TRUE(held_out.contains(row.name));
  for (const ImageRows* rows : {&split.eval_seen, &split.eval_unseen}) {
    for (const ImageRow& row : *rows) EXPECT_EQ(row.image[0], 'e');
  }
  for (const ImageRow& row : split.curated) EXPECT_EQ(row.image[0], 'c');
}

TEST(GlyphSplit, ExchangesTheShareOfThePoolsNames) {
  const ImageRows clean = split_of_three_fonts({}).pool;
  const ImageRows noisy = split_of_three_fonts({.noise = 0.3, .seed = 2}).pool;
  ASSERT_EQ(clean.size(), noisy.size());
  std::size_t exchanged = 0;
  std::multiset<std::int32_t> before, after;
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const bool marked = noisy[i].tag == "noise";
    EXPECT_EQ(noisy[i].id, clean[i].id);
    EXPECT_EQ(noisy[i].image, clean[i].image);
    EXPECT_EQ(noisy[i].name != clean[i].name, marked);
    exchanged += marked ? 1 : 0;
    before.insert(clean[i].name);
    after.insert(noisy[i].name);
  }
  EXPECT_EQ(exchanged, static_cast<std::size_t>(std::lround(0.3 * clean.size())));
  EXPECT_EQ(before, after);
}

TEST(GlyphSplit, IsAPureFunctionOfRowsAndSeed) {
  const GlyphSpec spec{.noise = 0.5, .seed = 3};
  const auto one = names_by_id(split_of_three_fonts(spec).pool);
  EXPECT_EQ(one, names_by_id(split_of_three_fonts(spec).pool));
  EXPECT_NE(one, names_by_id(split_of_three_fonts({.noise = 0.5, .seed = 4}).pool));
}

TEST(GlyphSplit, EvaluatesAsSeenOnlyWhatTrainingShows) {
  const UnicodeNames names = thousand_names();
  std::vector<DrawnGlyph> some = thousand_glyphs('p');
  some.resize(500);
  GlyphCollector collector;
  collector.add(FontUse::kPool, {"pool", "p.ttf"}, some, names);
  collector.add(FontUse::kEvaluation, {"eval", "e.ttf"}, thousand_glyphs('e'), names);
  const GlyphSplit split = collector.split({});
  EXPECT_EQ(split.eval_seen.size(), split.pool.size());
  for (const ImageRow& row : split.eval_seen) EXPECT_LT(row.name, 500);
}

TEST(GlyphNames, TablesAreReadBackAsTheyWereWritten) {
  const TemporaryFolder out;
  const PreparedFolder folder = glyph_names_folder(out.path());
  const GlyphSplit split = split_of_three_fonts({});
  const auto manifest = write_glyph_names(folder, split, thousand_names(), {{"seed", 0}});
  EXPECT_TRUE(tables_match(folder, manifest));
  EXPECT_TRUE(read_file(out.path() / "names.txt").starts_with("NAME 1000\nNAME 1001\n"));

  SafetensorsFile pool(out.path() / "pool.safetensors");
  const auto count = static_cast<std::int64_t>(split.pool.size());
  EXPECT_EQ(pool.metadata().at("tag_names"), "[\"other\",\"pool\"]");
  const ArrayView& images = pool.array("images", "U8", 3);
  EXPECT_THAT(images.shape, ElementsAre(count, 32, 32));
  const auto* names =
      reinterpret_cast<const std::int32_t*>(pool.array("names", "I32", 1).bytes.data());
  for (std::size_t i = 0; i < split.pool.size(); ++i) {
    EXPECT_EQ(names[i], split.pool[i].name);
    EXPECT_EQ(static_cast<char>(images.bytes[i * 1024 + 5]), split.pool[i].image[5]);
  }
  write_file(out.path() / "names.txt", "other names");
  EXPECT_FALSE(tables_match(folder, manifest));
}

TEST(GlyphNames, ChecksOptionsBeforeAnyWork) {
  const TemporaryFolder out;
  EXPECT_THROW(prepare_glyph_names({{.noise = 1}, out.path(), "1.0"}), Error);
  EXPECT_THROW(prepare_glyph_names({{.noise = -0.1}, out.path(), "1.0"}), Error);
  EXPECT_TRUE(std::filesystem::is_empty(out.path()));
  write_file(out.path() / "letter.txt", "a file of the user's");
  EXPECT_THROW(prepare_glyph_names({{}, out.path(), "1.0"}), Error);
}

}  // namespace
}  // namespace jest::studies

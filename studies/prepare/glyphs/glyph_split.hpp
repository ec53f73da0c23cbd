#pragma once
// Which rows go into which table.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "prepare/glyphs/font_sources.hpp"
#include "prepare/glyphs/glyph_rows.hpp"
#include "prepare/glyphs/unicode_names.hpp"

namespace jest::studies {

/// In the order of the tables of glyph_names_folder().
struct GlyphSplit {
  ImageRows curated;
  ImageRows pool;
  ImageRows eval_seen;
  ImageRows eval_unseen;
};

struct GlyphSpec {
  double noise = 0;        // the share of the pool whose names are exchanged, in [0, 1)
  std::uint64_t seed = 0;  // draws the curated rows, the pool's where there are too many, the noise
};

/// Collects rows by the use of their fonts; the characters that code_point_held_out() are kept of
/// evaluation fonts only.
class GlyphCollector {
 public:
  void add(FontUse use, const FontName& font, std::vector<DrawnGlyph> glyphs,
           const UnicodeNames& names);

  /// Evaluation: all rows of its fonts, apart by whether the character is held out; among the seen
  /// ones, those of characters that the curated set or the pool shows. Curated: 30,000 rows of its
  /// fonts. Pool: at most 500,000 rows of all other fonts. Every part in order of id. The rows
  /// collected are gone afterwards.
  GlyphSplit split(const GlyphSpec& spec);

 private:
  GlyphSplit rows_;
};

}  // namespace jest::studies

#include "prepare/glyphs/glyph_split.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "prepare/row_id.hpp"

namespace jest::studies {
namespace {

constexpr std::size_t kCuratedGlyphs = 30'000;
constexpr std::size_t kPoolRows = 500'000;

ImageRows drawn(ImageRows rows, std::size_t most_rows, const SeededOrder& order) {
  return first_in_order(in_order_of_id(std::move(rows)), most_rows, order);
}

}  // namespace

void GlyphCollector::add(FontUse use, const FontName& font, std::vector<DrawnGlyph> glyphs,
                         const UnicodeNames& names) {
  const auto first_held_out = std::stable_partition(
      glyphs.begin(), glyphs.end(),
      [](const DrawnGlyph& glyph) { return !code_point_held_out(glyph.code_point); });
  std::vector<DrawnGlyph> held_out(std::make_move_iterator(first_held_out),
                                   std::make_move_iterator(glyphs.end()));
  glyphs.erase(first_held_out, glyphs.end());
  ImageRows& seen = use == FontUse::kCurated ? rows_.curated
                    : use == FontUse::kPool  ? rows_.pool
                                             : rows_.eval_seen;
  std::ranges::move(glyph_rows(font, std::move(glyphs), names), std::back_inserter(seen));
  if (use != FontUse::kEvaluation) return;
  std::ranges::move(glyph_rows(font, std::move(held_out), names),
                    std::back_inserter(rows_.eval_unseen));
}

GlyphSplit GlyphCollector::split(const GlyphSpec& spec) {
  GlyphSplit split;
  split.curated =
      drawn(std::move(rows_.curated), kCuratedGlyphs, SeededOrder{spec.seed, Purpose::kCurated});
  split.pool = drawn(std::move(rows_.pool), kPoolRows, SeededOrder{spec.seed, Purpose::kPool});
  std::unordered_set<std::int32_t> shown;
  for (const ImageRows* rows : {&split.curated, &split.pool}) {
    for (const ImageRow& row : *rows) shown.insert(row.name);
  }
  split.pool = exchange_names(std::move(split.pool), spec.noise, spec.seed);
  split.eval_seen = in_order_of_id(std::move(rows_.eval_seen));
  std::erase_if(split.eval_seen, [&](const ImageRow& row) { return !shown.contains(row.name); });
  split.eval_unseen = in_order_of_id(std::move(rows_.eval_unseen));
  rows_ = {};
  return split;
}

}  // namespace jest::studies

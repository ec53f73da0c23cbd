#include "data/glyphs/glyph_rows.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "data/row_id.hpp"
#include "data/seeded_exchange.hpp"
#include "jest/core/error.hpp"

namespace jest {

GlyphRows glyph_rows(const FontName& font, std::vector<DrawnGlyph> glyphs,
                     const UnicodeNames& names) {
  GlyphRows rows;
  for (DrawnGlyph& glyph : glyphs) {
    const auto name = names.positions.find(glyph.code_point);
    if (name == names.positions.end()) continue;
    const auto number = static_cast<std::uint32_t>(glyph.code_point);
    rows.push_back({row_id(text(font.tag, ' ', font.file, ' ', number)), std::move(glyph.image),
                    name->second, font.tag});
  }
  return rows;
}

GlyphRows in_order_of_id(GlyphRows rows) {
  std::ranges::sort(rows, {}, [](const GlyphRow& row) { return std::tie(row.id, row.image); });
  make_ids_distinct(rows);
  return rows;
}

GlyphRows exchange_names(GlyphRows rows, double share, std::uint64_t seed) {
  if (share <= 0) return rows;
  Positions all(rows.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const Positions chosen =
      chosen_share(rows, std::move(all), share, SeededOrder{seed, Purpose::kNoise});
  const Positions from = givers(chosen, [&](std::size_t receiver, std::size_t giver) {
    return rows[receiver].name == rows[giver].name;
  });
  std::vector<std::int32_t> names;
  for (const std::size_t giver : from) names.push_back(rows[giver].name);
  for (GlyphRow& row : rows) row.tag = "true";
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    rows[chosen[i]].name = names[i];
    rows[chosen[i]].tag = "noise";
  }
  return rows;
}

}  // namespace jest

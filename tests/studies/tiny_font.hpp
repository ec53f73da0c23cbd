#pragma once
// A TrueType font of rectangles, made byte by byte, so that what a rasteriser should draw is known
// without one. Source: the OpenType specification, tables cmap, glyf, head, hhea, hmtx, loca, maxp.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace jest::tests {

/// A rectangle in hundredths of a pixel at 22 pixels an em; of no height, a glyph without outline.
struct Rectangle {
  char32_t code_point = 0;  // in rising order
  int left = 0, bottom = 0, right = 0, top = 0;
};

class Bytes {
 public:
  template <class... Numbers>
  Bytes& u16(Numbers... numbers) {
    (put(static_cast<std::uint32_t>(numbers), 2), ...);
    return *this;
  }
  template <class... Numbers>
  Bytes& u32(Numbers... numbers) {
    (put(static_cast<std::uint32_t>(numbers), 4), ...);
    return *this;
  }
  Bytes& append(const std::string& more) {
    bytes_ += more;
    while (bytes_.size() % 4 != 0) bytes_ += '\0';
    return *this;
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(bytes_.size()); }
  const std::string& text() const { return bytes_; }

 private:
  void put(std::uint32_t number, int count) {
    while (count-- > 0) bytes_ += static_cast<char>((number >> (8 * count)) & 0xFF);
  }

  std::string bytes_;
};

inline std::string outline(const Rectangle& r) {
  if (r.top == r.bottom) return {};
  Bytes glyph;
  glyph.u16(1, r.left, r.bottom, r.right, r.top, 3, 0);        // a contour, its box, its last point
  glyph.u16(0x0101, 0x0101);                                   // four points on the curve
  glyph.u16(r.left, 0, r.right - r.left, 0);                   // x, as differences
  glyph.u16(r.bottom, r.top - r.bottom, 0, r.bottom - r.top);  // y
  return glyph.text();
}

inline std::string font_file(const std::map<std::string, Bytes>& tables) {
  Bytes file;
  const auto count = static_cast<std::uint32_t>(tables.size());
  file.u32(0x00010000).u16(count, 0, 0, 0);
  std::uint32_t offset = 12 + 16 * count;
  for (const auto& [name, table] : tables) {
    file.append(name).u32(0, offset, table.size());
    offset += (table.size() + 3) / 4 * 4;
  }
  for (const auto& [name, table] : tables) file.append(table.text());
  return file.text();
}

inline std::string tiny_font(const std::vector<Rectangle>& rectangles) {
  const auto glyphs = static_cast<std::uint32_t>(rectangles.size()) + 1;  // the first is "missing"
  Bytes glyf, loca, hmtx, cmap, head, hhea, maxp;
  loca.u32(0, 0);
  hmtx.u16(2200, 0);
  cmap.u16(0, 1, 3, 10).u32(12).u16(12, 0).u32(16 + 12 * (glyphs - 1), 0, glyphs - 1);
  for (std::uint32_t i = 0; i + 1 < glyphs; ++i) {
    loca.u32(glyf.append(outline(rectangles[i])).size());
    hmtx.u16(2200, rectangles[i].left);
    cmap.u32(rectangles[i].code_point, rectangles[i].code_point, i + 1);
  }
  head.u32(0x00010000, 0, 0, 0x5F0F3CF5).u16(0, 2200).u32(0, 0, 0, 0);
  head.u16(0, -1000, 5000, 2000, 0, 8, 2, 1, 0);
  hhea.u32(0x00010000).u16(1600, -600, 0, 2200, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, glyphs);
  maxp.u32(0x00010000).u16(glyphs, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  return font_file({{"cmap", cmap},
                    {"glyf", glyf},
                    {"head", head},
                    {"hhea", hhea},
                    {"hmtx", hmtx},
                    {"loca", loca},
                    {"maxp", maxp}});
}

}  // namespace jest::tests

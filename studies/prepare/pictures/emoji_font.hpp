#pragma once
// Pictures out of a font of coloured bitmaps.

#include <filesystem>
#include <memory>
#include <string>

namespace jest::studies {

class EmojiFont {
 public:
  /// Throws jest::Error where the file is no font with a size of coloured bitmaps.
  explicit EmojiFont(const std::filesystem::path& path);
  ~EmojiFont();

  /// The file of a PNG, RGBA as large as the font has it; empty where it has none.
  std::string png_of(char32_t code_point) const;

 private:
  struct Face;
  std::unique_ptr<Face> face_;
};

}  // namespace jest::studies

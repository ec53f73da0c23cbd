#pragma once
// The command `jest-data glyph-names`.

#include <filesystem>
#include <string>

#include "prepare/glyphs/glyph_split.hpp"
#include "prepare/prepared_folder.hpp"

namespace jest::studies {

struct GlyphNamesCommand {
  GlyphSpec spec;
  std::filesystem::path out;  // the folder to fill
  std::string version;        // of the program, for the manifest
};

/// Prepares glyphs and their names in `out`, in the manner of prepare_translations().
void prepare_glyph_names(const GlyphNamesCommand& command);

PreparedFolder glyph_names_folder(const std::filesystem::path& path);

/// As write_image_folder().
nlohmann::ordered_json write_glyph_names(const PreparedFolder& folder, GlyphSplit split,
                                         const UnicodeNames& names,
                                         nlohmann::ordered_json description);

}  // namespace jest::studies

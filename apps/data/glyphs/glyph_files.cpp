// The files of the command `jest-data glyph-names`.

#include <array>
#include <span>
#include <utility>

#include "data/child_process.hpp"
#include "data/glyphs/glyph_image.hpp"
#include "data/glyphs/glyph_names.hpp"
#include "data/row_table.hpp"
#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kNames = "names.txt";

/// The rows come by value: their images are let go as they are copied, for the pool's are half a
/// gigabyte.
Json write_table(const std::filesystem::path& path, GlyphRows rows) {
  std::string images;
  images.reserve(rows.size() * kGlyphSide * kGlyphSide);
  std::vector<std::int32_t> names;
  RowLabels labels;
  for (GlyphRow& row : rows) {
    images += std::exchange(row.image, std::string());
    names.push_back(row.name);
    labels.ids.push_back(row.id);
    labels.tags.push_back(std::move(row.tag));
  }
  const auto count = static_cast<std::int64_t>(rows.size());
  return write_row_table(
      path,
      {{"images", {"U8", {count, kGlyphSide, kGlyphSide}, std::as_bytes(std::span(images))}},
       {"names", {"I32", {count}, std::as_bytes(std::span(names))}}},
      labels);
}

}  // namespace

PreparedFolder glyph_names_folder(const std::filesystem::path& path) {
  return {"glyph-names",
          path,
          {"curated.safetensors", "pool.safetensors", "eval-seen.safetensors",
           "eval-unseen.safetensors"},
          {kNames}};
}

Json write_glyph_names(const PreparedFolder& folder, GlyphSplit split, const UnicodeNames& names,
                       Json description) {
  remove_manifest(folder);
  std::string lines;
  for (const std::string& name : names.names) (lines += name) += '\n';
  const auto names_path = folder.path / kNames;
  write_file(names_path, lines);
  description["files"][kNames] = {{"rows", names.names.size()},
                                  {"sha256", file_sha256(names_path.string())}};
  const std::array<GlyphRows*, 4> parts = {&split.curated, &split.pool, &split.eval_seen,
                                           &split.eval_unseen};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string& name = folder.tables[i];
    if (parts[i]->empty()) refuse(folder.command, "rows in " + name, "none");
    description["files"][name] = write_table(folder.path / name, std::move(*parts[i]));
  }
  write_manifest(folder, description);
  return description;
}

}  // namespace jest

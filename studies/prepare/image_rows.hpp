#pragma once
// Rows of pictures with a name each.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "prepare/prepared_folder.hpp"

namespace jest::studies {

inline constexpr int kImageSide = 32;

struct ImageRow {
  std::int64_t id = 0;    // the same on every run
  std::string image;      // kImageSide² grey values, row by row
  std::int32_t name = 0;  // row of names.txt
  std::string tag;
};

using ImageRows = std::vector<ImageRow>;

/// All rows in order of id, each id once.
ImageRows in_order_of_id(ImageRows rows);

/// Exchanges the names of `share` of the rows among themselves, so that none keeps its own, and
/// tags these "noise" and all others "true", in the place of what they had. Which rows, and who
/// gets what, is a pure function of the rows' ids and the seed. Order is kept.
ImageRows exchange_names(ImageRows rows, double share, std::uint64_t seed);

/// Fills the folder: names.txt, one name a line; for every table, in the order of the folder's, a
/// safetensors file with `images` U8 [rows, 32, 32], `names` I32 [rows] (lines of names.txt, from
/// 0) and the labels of write_row_table(); then the manifest, which is handed back. Rows come by
/// value: their images are let go as they are copied, for a pool's may be half a gigabyte.
nlohmann::ordered_json write_image_folder(const PreparedFolder& folder,
                                          const std::vector<std::string>& names,
                                          std::vector<ImageRows> tables,
                                          nlohmann::ordered_json description);

}  // namespace jest::studies

#pragma once
// Writing WebDataset shards.

#include <filesystem>
#include <vector>

#include "prepare/pictures/captioned_picture.hpp"
#include "prepare/prepared_folder.hpp"

namespace jest::studies {

/// Of each picture, in order of key, KEY.png and KEY.json with {"caption": {LANGUAGE: TEXT}}. The
/// same pictures make the same bytes. Appears whole or not at all. Returns captions by language.
TagCounts write_shard(const std::filesystem::path& path, std::vector<CaptionedPicture> pictures);

}  // namespace jest::studies

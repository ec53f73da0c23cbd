#pragma once
// WebDataset shards as named images: the pictures in RGB, their captions as names.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "train/formats/named_images.hpp"

namespace jest::apps::train {

/// Captions are in NFC; words are hashed as of text pairs (text_features.hpp). Throws as
/// ShardTable.
JEST_EXPORT std::shared_ptr<const NamedImages> read_shard_images(const ShardSpec& spec);

/// Lines for the user: what was said of indexes, and what was left out of `path`.
std::vector<std::string> remarks_of(const std::filesystem::path& path, const NamedImages& table);

}  // namespace jest::apps::train

#pragma once
// A shard that is open, and its index: found beside it, or made.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/file_bytes.hpp"
#include "shards/shard_index.hpp"

namespace jest {

struct IndexedShard {
  std::filesystem::path path;
  std::shared_ptr<const ReadFile> file;
  FileStamp stamp;
  ShardIndex index;

  /// The file's name without .tar.
  std::string stem() const;
  std::string text_of(const ShardPart& part) const;
};

/// `folder` is where indexes lie; empty: beside the shards. Lines for the user go to `remarks`.
IndexedShard open_shard(const std::filesystem::path& path, const std::filesystem::path& folder,
                        int threads, std::vector<std::string>& remarks);

}  // namespace jest

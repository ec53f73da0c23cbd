#pragma once
// What a table of shards has beside its rows.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/file_bytes.hpp"
#include "jest/data/shards.hpp"
#include "shards/picture_loader.hpp"
#include "shards/shard_index.hpp"

namespace jest {

struct TablePicture {
  std::int32_t shard;
  ShardPart part;
  std::string key;
};

struct TableShard {
  std::filesystem::path path;
  FileStamp stamp;  ///< when it was indexed
};

class ShardTable::Content {
 public:
  /// `shards` and what follows are filled.
  void start(const ShardSpec& spec, int threads);

  std::string describe(std::int64_t picture) const;
  std::vector<std::byte> file_of(std::int64_t picture) const;
  std::vector<std::int64_t> pictures_of(std::span<const std::int64_t> rows) const;
  void decode(std::int64_t picture, std::span<std::uint8_t> out) const;

  std::vector<TableShard> shards;
  std::vector<TablePicture> pictures;
  std::vector<std::int64_t> picture_of_row;
  PictureSpec spec;
  std::unique_ptr<PictureLoader> loader;
};

}  // namespace jest

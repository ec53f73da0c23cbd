#pragma once
// Where the samples of a shard lie, in a file beside it.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "io/file_bytes.hpp"
#include "shards/tar_members.hpp"

namespace jest {

/// A part of a sample; size −1 where there is none.
struct ShardPart {
  std::int64_t offset = 0;
  std::int64_t size = -1;

  bool is_there() const { return size >= 0; }
};

struct ShardSample {
  std::string key;  ///< the name of its members up to the first dot of its last part
  ShardPart picture = {};
  ShardPart text = {};
  ShardPart json = {};
  std::string fault = {};  ///< why the picture does not decode; empty where it does
};

struct ShardIndex {
  std::uint64_t bytes = 0;  ///< of the shard
  std::int64_t seconds = 0, nanoseconds = 0;
  std::string checksum;  ///< CRC-32 of the shard
  std::vector<ShardSample> samples;

  /// Whether the shard is, by its size and time, what the index was made of.
  bool is_of(const FileStamp& shard) const {
    return bytes == shard.size && seconds == shard.seconds && nanoseconds == shard.nanoseconds;
  }
};

/// Neighbouring members of one key are a sample; what is neither picture nor caption, and names
/// that begin with a dot or two underscores, are passed over. O(members).
std::vector<ShardSample> samples_of(const std::vector<TarMember>& members);

/// Reads the whole shard and decodes every picture once, on so many threads.
ShardIndex make_index(const std::filesystem::path& shard, int threads);

void write_index(const std::filesystem::path& path, const ShardIndex& index);
/// Throws where the file is no index, or is damaged.
ShardIndex read_index(const std::filesystem::path& path);

}  // namespace jest

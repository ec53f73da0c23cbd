#include "indexed_shard.hpp"

#include <cstdio>

#include "io/crc.hpp"
#include "jest/core/error.hpp"

namespace jest {
namespace {

/// In a folder of their own, indexes of two shards of one name differ by where these lie.
std::filesystem::path index_path(const std::filesystem::path& shard,
                                 const std::filesystem::path& folder) {
  if (folder.empty()) return shard.string() + ".index";
  Crc where;
  where.add_text(std::filesystem::absolute(shard).parent_path().string());
  return folder / (shard.filename().string() + "-" + where.digits() + ".index");
}

ShardIndex read_found(const std::filesystem::path& index) {
  try {
    return read_index(index);
  } catch (const Error& error) {
    throw Error(text(error.what(), " (an index that is removed is made anew)"));
  }
}

/// Of a shard whose index was not kept, and why.
void keep(const std::filesystem::path& path, const ShardIndex& index,
          std::vector<std::string>& remarks) {
  try {
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
    write_index(path, index);
  } catch (const std::exception& error) {
    remarks.push_back(
        text("the index is not kept and will be made each time (--index-folder names "
             "another place): ",
             error.what()));
  }
}

}  // namespace

std::string IndexedShard::stem() const {
  const std::string name = path.filename().string();
  return name.ends_with(".tar") ? name.substr(0, name.size() - 4) : name;
}

std::string IndexedShard::text_of(const ShardPart& part) const {
  std::string content(static_cast<std::size_t>(part.size), '\0');
  file->read_at(static_cast<std::uint64_t>(part.offset),
                std::as_writable_bytes(std::span(content)));
  return content;
}

IndexedShard open_shard(const std::filesystem::path& path, const std::filesystem::path& folder,
                        int threads, std::vector<std::string>& remarks) {
  IndexedShard shard{.path = path,
                     .file = std::make_shared<const ReadFile>(path, "a shard, a tar archive"),
                     .stamp = {},
                     .index = {}};
  shard.stamp = shard.file->opened_as();
  const std::filesystem::path index = index_path(path, folder);
  const bool there = std::filesystem::exists(index);
  if (there) shard.index = read_found(index);
  if (there && shard.index.is_of(shard.stamp)) return shard;
  if (there) remarks.push_back(index.string() + " is of another " + path.string() + ": made anew");
  shard.index = make_index(path, threads);
  if (!shard.index.is_of(shard.stamp)) {
    refuse("read " + path.string(), "a file that stays as it is while it is read",
           "one that was written to");
  }
  keep(index, shard.index, remarks);
  return shard;
}

}  // namespace jest

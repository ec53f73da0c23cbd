// Rows' pictures, read and decoded.

#include "shards/table_content.hpp"

namespace jest {

void ShardTable::Content::start(const ShardSpec& given, int threads) {
  spec = given.picture;
  if (spec.side < 1 || spec.side > 4096) refuse("read shards", "a side from 1 to 4096", spec.side);
  const LoaderSpec of_loader{
      .picture_bytes = 3 * spec.side * spec.side, .threads = threads, .memory = given.memory};
  loader = std::make_unique<PictureLoader>(
      of_loader,
      [this](std::int64_t picture, std::span<std::uint8_t> out) { decode(picture, out); });
}

std::string ShardTable::Content::describe(std::int64_t picture) const {
  const TablePicture& one = pictures.at(picture);
  return shards[one.shard].path.string() + ", sample " + one.key;
}

/// Opened for each: thousands of shards may not all stay open, and one that was replaced is
/// noticed.
std::vector<std::byte> ShardTable::Content::file_of(std::int64_t picture) const {
  const TablePicture& one = pictures.at(picture);
  const TableShard& shard = shards[one.shard];
  const ReadFile file(shard.path, "the shard that was there before");
  if (file.opened_as() != shard.stamp) {
    refuse("read " + shard.path.string(), "a shard that stays as it is",
           "one that was written to or replaced");
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(one.part.size));
  file.read_at(static_cast<std::uint64_t>(one.part.offset), bytes);
  file.expect_unchanged();
  return bytes;
}

std::vector<std::int64_t> ShardTable::Content::pictures_of(
    std::span<const std::int64_t> rows) const {
  std::vector<std::int64_t> all;
  for (const std::int64_t row : rows) all.push_back(picture_of_row.at(row));
  return all;
}

void ShardTable::Content::decode(std::int64_t picture, std::span<std::uint8_t> out) const {
  const std::vector<std::byte> file = file_of(picture);
  try {
    decode_picture(file, spec, out);
  } catch (const Error& error) {
    throw Error("read " + describe(picture) + ": " + error.what());
  }
}

ShardTable::~ShardTable() = default;

std::int64_t ShardTable::side() const { return content_->spec.side; }

std::int64_t ShardTable::picture_of(std::int64_t row) const {
  return content_->picture_of_row.at(row);
}

std::string ShardTable::describe(std::int64_t row) const {
  return content_->describe(picture_of(row));
}

std::vector<std::byte> ShardTable::picture_file(std::int64_t row) const {
  return content_->file_of(picture_of(row));
}

void ShardTable::ahead(std::span<const std::int64_t> rows) const {
  content_->loader->ahead(content_->pictures_of(rows));
}

void ShardTable::pictures(std::span<const std::int64_t> rows, std::span<std::uint8_t> out) const {
  const std::int64_t bytes = 3 * side() * side() * std::ssize(rows);
  if (std::ssize(out) != bytes) refuse("pictures of shards", text(bytes, " bytes"), out.size());
  content_->loader->copy(content_->pictures_of(rows), out);
}

}  // namespace jest

// An index of a shard: its members, its checksum, and which of its pictures decode.

#include <atomic>
#include <exception>
#include <thread>

#include "io/crc.hpp"
#include "jest/data/shards.hpp"
#include "shards/shard_index.hpp"

namespace jest {
namespace {

/// Why a picture does not decode. Decoded small: a JPEG is read whole all the same, and cheaply.
std::string fault_of(std::span<const std::byte> file) {
  constexpr PictureSpec kSmall{.side = 8};
  std::uint8_t out[3 * 8 * 8];
  try {
    decode_picture(file, kSmall, out);
    return {};
  } catch (const Error& error) {
    return error.what();
  } catch (const std::bad_alloc&) {
    return "decode a picture: not enough memory for its pixels";
  }
}

void find_faults(std::span<const std::byte> content, std::vector<ShardSample>& samples,
                 int threads) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t k = next++; k < samples.size(); k = next++) {
      const ShardPart& picture = samples[k].picture;
      if (!picture.is_there()) continue;
      samples[k].fault = fault_of(content.subspan(picture.offset, picture.size));
    }
  };
  std::vector<std::jthread> others;
  for (int k = 1; k < threads; ++k) others.emplace_back(work);
  work();
}

}  // namespace

ShardIndex make_index(const std::filesystem::path& shard, int threads) {
  const std::string operation = "read " + shard.string();
  const ReadFile file(shard, "a shard, a tar archive");
  if (!file.is_regular()) refuse(operation, "a regular file", "a stream");
  if (file.size() == 0) refuse(operation, "a tar archive", "an empty file");
  const FileBytes mapped = file.mapped();
  const std::span<const std::byte> content(mapped.data.get(), mapped.size);
  ShardIndex index;
  index.samples = samples_of(tar_members(content, operation));
  find_faults(content, index.samples, threads);
  Crc crc;
  crc.add(content);
  index.checksum = crc.digits();
  file.expect_unchanged();
  const FileStamp stamp = file.opened_as();
  index.bytes = stamp.size;
  index.seconds = stamp.seconds;
  index.nanoseconds = stamp.nanoseconds;
  return index;
}

}  // namespace jest

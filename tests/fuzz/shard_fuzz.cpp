// A tar archive: its members as samples, their captions, their pictures.
#include <vector>

#include "fuzz.hpp"
#include "jest/data/shards.hpp"
#include "shards/captions.hpp"
#include "shards/shard_index.hpp"

namespace {

void read_sample(std::string_view shard, const jest::ShardSample& sample) {
  using jest::fuzz::read_or_refuse;
  const auto content = [&](const jest::ShardPart& part) {
    jest::fuzz::expect(part.offset >= 0 && part.size <= std::ssize(shard) - part.offset,
                       "a part inside the shard");
    return shard.substr(part.offset, part.size);
  };
  if (sample.text.is_there()) {
    read_or_refuse([&] { jest::captions_of_text(content(sample.text), "read"); });
  }
  if (sample.json.is_there()) {
    read_or_refuse([&] { jest::captions_of_json(content(sample.json), "c", "t", "read"); });
  }
  if (sample.picture.is_there()) {
    std::vector<std::uint8_t> out(3 * 8 * 8);
    const std::string_view file = content(sample.picture);
    read_or_refuse([&] { jest::decode_picture(std::as_bytes(std::span(file)), {.side = 8}, out); });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view shard = jest::fuzz::text_of(data, size);
  return jest::fuzz::read_or_refuse([&] {
    const auto members = jest::tar_members(std::as_bytes(std::span(shard)), "read");
    for (const jest::ShardSample& sample : jest::samples_of(members)) read_sample(shard, sample);
  });
}

// Members of a tar archive, gathered into samples.

#include <algorithm>
#include <string_view>

#include "shards/shard_index.hpp"

namespace jest {
namespace {

constexpr std::string_view kPictures[] = {"jpg", "jpeg", "png", "webp"};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

/// The part that a member is by its ending; null where it is none.
ShardPart* part_of(ShardSample& sample, const std::string& ending) {
  if (std::ranges::find(kPictures, ending) != std::end(kPictures)) return &sample.picture;
  if (ending == "txt") return &sample.text;
  if (ending == "json") return &sample.json;
  return nullptr;
}

}  // namespace

std::vector<ShardSample> samples_of(const std::vector<TarMember>& members) {
  std::vector<ShardSample> samples;
  for (const TarMember& member : members) {
    const std::string_view name = member.name;
    const std::size_t slash = name.rfind('/');
    const std::size_t last = slash == name.npos ? 0 : slash + 1;
    const std::size_t dot = name.find('.', last);
    if (dot == name.npos || dot == last || name.substr(last).starts_with("__")) continue;
    const std::string_view key = name.substr(0, dot);
    if (samples.empty() || samples.back().key != key) samples.push_back({std::string(key)});
    ShardPart* part = part_of(samples.back(), lower(name.substr(dot + 1)));
    if (part) *part = {member.offset, member.size};
  }
  std::erase_if(samples, [](const ShardSample& sample) {
    return !sample.picture.is_there() && !sample.text.is_there() && !sample.json.is_there();
  });
  return samples;
}

}  // namespace jest

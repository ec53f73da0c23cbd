#include "train/formats/joined_labels.hpp"

#include <algorithm>
#include <limits>
#include <unordered_set>

namespace jest::apps::train {
namespace {

/// The id by itself says that a row is curated, and is not one of the pool's.
std::vector<std::int64_t> own_ids(const ExampleTable& pool, const ExampleTable& curated) {
  constexpr std::int64_t kMark = std::int64_t{1} << 62;
  std::unordered_set<std::int64_t> taken(pool.ids.begin(), pool.ids.end());
  std::vector<std::int64_t> ids;
  for (std::int64_t id : curated.ids) {
    id ^= kMark;
    while (!taken.insert(id).second)
      id = id == std::numeric_limits<std::int64_t>::max() ? 0 : id + 1;
    ids.push_back(id);
  }
  return ids;
}

}  // namespace

ExampleTable joined_labels(const ExampleTable& pool, const ExampleTable& curated) {
  ExampleTable joined{pool.ids, pool.tags, pool.tag_names, {}};
  const std::vector<std::int64_t> ids = own_ids(pool, curated);
  joined.ids.insert(joined.ids.end(), ids.begin(), ids.end());
  if (pool.tags.empty()) {
    joined.tag_names = {"pool"};
    joined.tags.assign(pool.ids.size(), 0);
  }
  std::string tag = "curated";
  while (std::ranges::find(joined.tag_names, tag) != joined.tag_names.end()) tag += '+';
  joined.tags.insert(joined.tags.end(), curated.ids.size(),
                     static_cast<std::int32_t>(joined.tag_names.size()));
  joined.tag_names.push_back(std::move(tag));
  const ArrayView summed[] = {text_view(pool.checksum), text_view(curated.checksum)};
  joined.checksum = checksum(summed);
  return joined;
}

}  // namespace jest::apps::train

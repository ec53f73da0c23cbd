#pragma once
// Examples of a batch that share a side: to a contrastive loss each is a negative of the other,
// and falsely so.

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace jest::apps::train {

/// Share of `count` examples of which any key is another example's, too. Each of `keys` gives the
/// key of a position. O(count · keys).
template <class... Keys>
double repeated_share(std::int64_t count, const Keys&... keys) {
  std::vector<char> repeated(count, 0);
  const auto mark = [&](const auto& key) {
    std::unordered_map<std::decay_t<decltype(key(0))>, std::int64_t> first;
    for (std::int64_t k = 0; k < count; ++k) {
      const auto [seen, is_new] = first.emplace(key(k), k);
      if (!is_new) repeated[seen->second] = repeated[k] = 1;
    }
  };
  (mark(keys), ...);
  std::int64_t marked = 0;
  for (const char one : repeated) marked += one;
  return count == 0 ? 0 : static_cast<double>(marked) / static_cast<double>(count);
}

}  // namespace jest::apps::train

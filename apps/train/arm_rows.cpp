// Shares of curated examples, and filters.

#include "train/arm_rows.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "jest/learner/stores.hpp"
#include "jest/select/select.hpp"
#include "parse_whole.hpp"

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

std::int64_t CuratedShare::of(std::int64_t candidates) const {
  const std::int64_t curated = std::llround(share * static_cast<double>(candidates));
  if (curated >= 1 && curated < candidates) return curated;
  refuse("--curated-share",
         text("a share by which a batch of ", candidates, " holds curated and other examples"),
         share);
}

CuratedShare parse_curated_share(const std::string& name) {
  if (name == "natural") return {.natural = true};
  CuratedShare share;
  if (parse_whole(name, share.share) && share.share >= 0 && share.share < 1) return share;
  refuse("--curated-share", "a share of at least 0 and below 1, or natural", "'" + name + "'");
}

std::int64_t Filter::kept_of(std::int64_t rows) const {
  return std::min(rows, static_cast<std::int64_t>(std::ceil(share * static_cast<double>(rows))));
}

std::vector<std::int64_t> kept_rows(const ExampleTable& pool, const LossStore& losses,
                                    const Filter& filter) {
  // No other round of a step has this number: docs/method.md, "Sampling".
  constexpr std::uint32_t kRound = std::numeric_limits<std::uint32_t>::max() - 1;
  const at::Tensor all = losses.gather(pool.ids);
  const std::span<const float> values(all.data_ptr<float>(), pool.ids.size());
  const Sampling top{.preset = Preset::kTopK};
  const Sampling drawn{.preset = Preset::kIndependent, .gain = filter.gain};
  Selection kept = select(Losses{.learner = {}, .reference = values, .ids = pool.ids},
                          {.count = filter.kept_of(pool.rows()),
                           .sampling = filter.gain > 0 ? drawn : top,
                           .seed = filter.seed,
                           .step = 0,
                           .first_round = kRound},
                          kEasyReference);
  std::ranges::sort(kept.indices);
  return std::move(kept.indices);
}

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

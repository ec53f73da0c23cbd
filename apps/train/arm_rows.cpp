// Shares of curated examples, and filters.

#include "train/arm_rows.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "jest/learner/stores.hpp"
#include "jest/select/select.hpp"
#include "parse_whole.hpp"

namespace jest::apps::train {

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

}  // namespace jest::apps::train

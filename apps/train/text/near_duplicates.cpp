#include "train/text/near_duplicates.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace jest::apps::train {
namespace {

using Runs = std::vector<std::uint64_t>;

/// Distinct runs of eight bytes, sorted.
Runs runs_of(std::span<const std::uint8_t> sequence) {
  Runs runs;
  for (std::size_t k = 0; k + sizeof(std::uint64_t) <= sequence.size(); ++k) {
    std::uint64_t run = 0;
    std::memcpy(&run, sequence.data() + k, sizeof run);
    runs.push_back(run);
  }
  std::ranges::sort(runs);
  runs.erase(std::unique(runs.begin(), runs.end()), runs.end());
  return runs;
}

std::size_t shared_by(const Runs& one, const Runs& other) {
  Runs shared;
  std::ranges::set_intersection(one, other, std::back_inserter(shared));
  return shared.size();
}

}  // namespace

double near_duplicate_share(const ByteBatch& batch) {
  std::vector<Runs> all;
  for (const std::int64_t row : batch.rows().rows()) {
    all.push_back(runs_of(batch.rows().table().of(row)));
  }
  std::int64_t repeated = 0;
  for (const Runs& one : all) {
    repeated += std::ranges::any_of(all, [&](const Runs& other) {
      return &one != &other && 2 * shared_by(one, other) > one.size();
    });
  }
  return all.empty() ? 0 : static_cast<double>(repeated) / static_cast<double>(all.size());
}

}  // namespace jest::apps::train

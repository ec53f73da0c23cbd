#include "report/tag_layers.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace jest::apps::report {
namespace {

constexpr std::size_t kMostNamed = 7;
constexpr std::array<const char*, kMostNamed> kColors = {
    "var(--blue)",     "var(--orange-fill)", "var(--green)",      "var(--purple)",
    "var(--sky-fill)", "var(--vermillion)",  "var(--yellow-fill)"};
constexpr const char* kOtherColor = "var(--other)";

double share_of(const TagShares& shares, const std::string& tag) {
  const auto found = shares.find(tag);
  return found == shares.end() || !std::isfinite(found->second) ? 0 : found->second;
}

// By step, the mean over seeds of every tag's share.
std::map<double, TagShares> mean_shares(const ArmResult& arm) {
  std::map<double, std::vector<const TagShares*>> seeds;
  for (const Run* run : arm.runs) {
    for (const PickedTags& entry : run->picked_tags) seeds[entry.step].push_back(&entry.shares);
  }
  std::map<double, TagShares> means;
  for (const auto& [step, all] : seeds) {
    for (const TagShares* one : all) {
      for (const auto& [tag, share] : *one) {
        means[step][tag] += share_of(*one, tag) / static_cast<double>(all.size());
      }
    }
  }
  return means;
}

// The target first, then by the largest share a tag has in the pool or at the end.
std::vector<std::string> tags_by_size(const TagShares& pool, const TagShares& last,
                                      const std::string& target) {
  TagShares largest = pool;
  for (const auto& [tag, share] : last) largest[tag] = std::max(share_of(pool, tag), share);
  std::vector<std::string> tags;
  for (const auto& [tag, share] : largest) tags.push_back(tag);
  std::stable_sort(tags.begin(), tags.end(), [&](const std::string& a, const std::string& b) {
    if ((a == target) != (b == target)) return a == target;
    return share_of(largest, a) > share_of(largest, b);
  });
  return tags;
}

// Sums a group of tags, so that "other" is a layer like any.
Layer layer_of(const std::vector<std::string>& tags, const std::map<double, TagShares>& picked,
               const TagShares& pool) {
  Layer layer{.name = tags.front(), .color = kOtherColor, .source = 0, .shares = {}};
  for (const std::string& tag : tags) layer.source += share_of(pool, tag);
  if (pool.empty()) layer.source = kUnknown;
  for (const auto& [step, shares] : picked) {
    double sum = 0;
    for (const std::string& tag : tags) sum += share_of(shares, tag);
    layer.shares.push_back(sum);
  }
  return layer;
}

}  // namespace

TagLayers tag_layers(const ArmResult& arm, const Experiment& experiment) {
  const std::map<double, TagShares> picked = mean_shares(arm);
  if (picked.empty()) return {};
  const TagShares& pool = experiment.pool.tags;
  const std::vector<std::string> tags =
      tags_by_size(pool, picked.rbegin()->second, experiment.target_tag);
  TagLayers result;
  for (const auto& [step, shares] : picked) result.steps.push_back(step);
  const std::size_t named = tags.size() > kMostNamed + 1 ? kMostNamed : tags.size();
  for (std::size_t i = 0; i < named; ++i) {
    result.layers.push_back(layer_of({tags[i]}, picked, pool));
    if (i < kColors.size()) result.layers.back().color = kColors[i];
  }
  if (named < tags.size()) {
    result.layers.push_back(layer_of({tags.begin() + named, tags.end()}, picked, pool));
    result.layers.back().name = "other";
  }
  return result;
}

}  // namespace jest::apps::report

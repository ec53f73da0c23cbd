#include "prepare/translation_split.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "prepare/package_stem.hpp"
#include "prepare/row_id.hpp"
#include "prepare/translation_noise.hpp"

namespace jest::studies {
namespace {

constexpr std::size_t kLeastFeatures = 10;
constexpr std::size_t kCuratedPairs = 3000;

/// The rows that satisfy `takes` leave `rows` and are handed back; both keep their order.
template <class Predicate>
TranslationRows taken(TranslationRows& rows, const Predicate& takes) {
  const auto first =
      std::stable_partition(rows.begin(), rows.end(), [&](const auto& row) { return !takes(row); });
  TranslationRows leaving(std::make_move_iterator(first), std::make_move_iterator(rows.end()));
  rows.erase(first, rows.end());
  return leaving;
}

TranslationRows evaluation(TranslationRows held_out, const std::string& target) {
  std::unordered_set<std::string> seen_x, seen_y;
  std::erase_if(held_out, [&](const TranslationRow& row) {
    if (row.tag != target || feature_count(row.text.x) < kLeastFeatures ||
        feature_count(row.text.y) < kLeastFeatures) {
      return true;
    }
    if (seen_x.contains(row.text.x) || seen_y.contains(row.text.y)) return true;
    seen_x.insert(row.text.x);
    seen_y.insert(row.text.y);
    return false;
  });
  return held_out;
}

/// Drops the rows that give away an evaluation text.
TranslationRows without_leaks(TranslationRows rows, const TranslationRows& eval) {
  std::unordered_set<std::string_view> xs, ys;
  for (const TranslationRow& row : eval) {
    xs.insert(row.text.x);
    ys.insert(row.text.y);
  }
  std::erase_if(rows, [&](const TranslationRow& row) {
    return xs.contains(row.text.x) || ys.contains(row.text.y);
  });
  return rows;
}

/// The ids of the `count` target rows that come first in the seed's order.
std::unordered_set<std::int64_t> curated_ids(const TranslationRows& rows, const SplitSpec& spec,
                                             std::size_t count) {
  struct Candidate {
    std::int64_t id;
  };
  std::vector<Candidate> candidates;
  for (const TranslationRow& row : rows) {
    if (row.tag == spec.target) candidates.push_back({row.id});
  }
  const SeededOrder order{spec.seed, Purpose::kCurated};
  std::unordered_set<std::int64_t> ids;
  for (const Candidate& row : first_in_order(std::move(candidates), count, order)) {
    ids.insert(row.id);
  }
  return ids;
}

}  // namespace

TranslationSplit split_translations(TranslationRows rows, const SplitSpec& spec) {
  rows = in_order_of_id(std::move(rows));
  const auto of_target =
      static_cast<std::size_t>(std::ranges::count(rows, spec.target, &TranslationRow::tag));
  TranslationSplit split;
  const auto held_out = [](const TranslationRow& row) { return stem_held_out(row.stem); };
  split.eval = evaluation(taken(rows, held_out), spec.target);
  rows = without_leaks(std::move(rows), split.eval);
  const auto ids = curated_ids(rows, spec, std::min(kCuratedPairs, of_target / 10));
  split.curated = taken(rows, [&](const TranslationRow& row) { return ids.contains(row.id); });
  if (spec.mismatched > 0) {
    std::erase_if(rows, [&](const TranslationRow& row) { return row.tag != spec.target; });
    rows = in_order_of_id(with_mismatches(std::move(rows), spec.mismatched, spec.seed));
  }
  split.pool =
      without_leaks(exchange_translations(std::move(rows), spec.noise, spec.seed), split.eval);
  return split;
}

}  // namespace jest::studies

#include "prepare/translation_noise.hpp"

#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "jest/core/error.hpp"
#include "prepare/seeded_exchange.hpp"

namespace jest::studies {
namespace {

/// Each language's share of rows, as positions in the seed's order.
std::map<std::string, Positions> chosen_rows(const TranslationRows& rows, double share,
                                             const SeededOrder& order) {
  std::map<std::string, Positions> chosen;
  for (std::size_t i = 0; i < rows.size(); ++i) chosen[rows[i].tag].push_back(i);
  for (auto& [language, positions] : chosen) {
    positions = chosen_share(rows, std::move(positions), share, order);
  }
  return chosen;
}

/// x of one row with y of another, or an empty side.
TranslationRow mismatched(const TranslationRow& x, const TranslationRow& y) {
  return {row_id(text("mismatch ", x.id, ' ', y.id)), without_shared_words({x.text.x, y.text.y}),
          x.tag + "-noise", x.stem};
}

}  // namespace

TranslationRows exchange_translations(TranslationRows rows, double share, std::uint64_t seed) {
  if (share <= 0) return rows;
  const auto chosen = chosen_rows(rows, share, {seed, Purpose::kNoise});
  const auto same = [&](std::size_t receiver, std::size_t giver) {
    return rows[receiver].text.y == rows[giver].text.y;
  };
  for (const auto& [language, positions] : chosen) {
    std::vector<std::string> translations;
    for (const std::size_t giver : givers(positions, same)) {
      translations.push_back(rows[giver].text.y);
    }
    for (std::size_t i = 0; i < positions.size(); ++i) {
      TranslationRow& row = rows[positions[i]];
      row.text = without_shared_words({row.text.x, translations[i]});
      row.tag += "-noise";
    }
  }
  std::erase_if(rows,
                [](const TranslationRow& row) { return row.text.x.empty() || row.text.y.empty(); });
  return rows;
}

TranslationRows with_mismatches(TranslationRows rows, double share, std::uint64_t seed) {
  if (!(share >= 0 && share < 1)) refuse("mismatches", "a share of at least 0 and below 1", share);
  const auto own = rows.size();
  const auto wanted =
      static_cast<std::size_t>(std::lround(share / (1 - share) * static_cast<double>(own)));
  Positions all(own);
  std::iota(all.begin(), all.end(), std::size_t{0});
  const Positions order = chosen_share(rows, std::move(all), 1, {seed, Purpose::kNoise});
  TranslationRows added;
  for (std::size_t shift = 1; shift < own && added.size() < wanted; ++shift) {
    for (std::size_t i = 0; i < own && added.size() < wanted; ++i) {
      const TranslationRow& x = rows[order[i]];
      const TranslationRow& y = rows[order[(i + shift) % own]];
      if (x.text.y == y.text.y) continue;
      TranslationRow row = mismatched(x, y);
      if (!row.text.x.empty() && !row.text.y.empty()) added.push_back(std::move(row));
    }
  }
  std::ranges::move(added, std::back_inserter(rows));
  return rows;
}

}  // namespace jest::studies

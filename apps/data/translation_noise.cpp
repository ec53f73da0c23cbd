#include "data/translation_noise.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "data/row_id.hpp"

namespace jest {
namespace {

using Positions = std::vector<std::size_t>;

/// Each language's share of rows, as positions in the seed's order.
std::map<std::string, Positions> chosen_rows(const TranslationRows& rows, double share,
                                             const SeededOrder& order) {
  std::map<std::string, Positions> chosen;
  for (std::size_t i = 0; i < rows.size(); ++i) chosen[rows[i].tag].push_back(i);
  for (auto& [language, positions] : chosen) {
    std::ranges::sort(positions, {},
                      [&](std::size_t i) { return std::pair(order(rows[i].id), rows[i].id); });
    const auto count = std::lround(share * static_cast<double>(positions.size()));
    positions.resize(count < 2 ? 0 : static_cast<std::size_t>(count));  // one has no partner
  }
  return chosen;
}

/// Who gives each chosen row its translation: the next one, so that everybody's changes; where the
/// next one's text is the same, two receivers swap givers.
Positions givers(const TranslationRows& rows, const Positions& chosen) {
  Positions from = chosen;
  if (!from.empty()) std::ranges::rotate(from, from.begin() + 1);
  const auto same = [&](std::size_t receiver, std::size_t giver) {
    return rows[chosen[receiver]].text.y == rows[from[giver]].text.y;
  };
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (!same(i, i)) continue;
    for (std::size_t step = 1; step < chosen.size(); ++step) {
      const std::size_t j = (i + step) % chosen.size();
      if (same(i, j) || same(j, i)) continue;
      std::swap(from[i], from[j]);
      break;
    }
  }
  return from;
}

}  // namespace

TranslationRows exchange_translations(TranslationRows rows, double share, std::uint64_t seed) {
  if (share <= 0) return rows;
  const auto chosen = chosen_rows(rows, share, {seed, Purpose::kNoise});
  for (const auto& [language, positions] : chosen) {
    std::vector<std::string> translations;
    for (const std::size_t giver : givers(rows, positions)) {
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

}  // namespace jest

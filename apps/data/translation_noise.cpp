#include "data/translation_noise.hpp"

#include <map>
#include <string>
#include <utility>

#include "data/seeded_exchange.hpp"

namespace jest {
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

}  // namespace jest

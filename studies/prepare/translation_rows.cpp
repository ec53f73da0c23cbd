#include "prepare/translation_rows.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_set>

#include "jest/core/error.hpp"
#include "prepare/package_stem.hpp"
#include "prepare/row_id.hpp"

namespace jest::studies {
namespace {

bool empty_side(const TextPair& pair) { return pair.x.empty() || pair.y.empty(); }

/// Keeps the first of equal pairs. Neither side holds a tab, so a tab can stand between them.
TranslationRows without_repeats(TranslationRows rows) {
  std::unordered_set<std::string> seen;
  seen.reserve(rows.size());
  std::erase_if(rows, [&](const TranslationRow& row) {
    return !seen.insert(row.text.x + '\t' + row.text.y).second;
  });
  return rows;
}

}  // namespace

std::vector<TextPair> align(const Segments& english, const Segments& other) {
  std::vector<TextPair> pairs;
  if (english.size() != other.size()) return pairs;
  for (std::size_t i = 0; i < english.size(); ++i) pairs.push_back({english[i], other[i]});
  return pairs;
}

TranslationRows translation_rows(const Descriptions& english, const Descriptions& other,
                                 const std::string& language) {
  TranslationRows rows;
  for (const auto& [key, segments] : other) {
    const auto original = english.find(key);
    if (original == english.end()) continue;
    const std::string stem = package_stem(package_of(key));
    const std::vector<TextPair> pairs = align(original->second, segments);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      // Of a text that was left in English no word remains.
      TextPair pair = without_shared_words(pairs[i]);
      if (empty_side(pair)) continue;
      rows.push_back({row_id(text(language, ' ', key, ' ', i)), std::move(pair), language, stem});
    }
  }
  return without_repeats(in_order_of_id(std::move(rows)));
}

TranslationRows in_order_of_id(TranslationRows rows) {
  const auto order = [](const TranslationRow& row) {
    return std::tie(row.id, row.tag, row.text.x, row.text.y);
  };
  std::ranges::sort(rows, {}, order);
  make_ids_distinct(rows);
  return rows;
}

}  // namespace jest::studies

#pragma once
// Rows of translations: an English text x and its translation y, made from two descriptions of a
// package.

#include <cstdint>
#include <string>
#include <vector>

#include "prepare/description_records.hpp"
#include "prepare/shared_words.hpp"

namespace jest::studies {

struct TranslationRow {
  std::int64_t id = 0;  // of package, description, language and segment: the same on every run
  TextPair text;
  std::string tag;  // the language
  std::string stem;
};

using TranslationRows = std::vector<TranslationRow>;

/// Short line with short line and paragraph with paragraph, where both sides have as many; none
/// where they do not.
std::vector<TextPair> align(const Segments& english, const Segments& other);

/// The rows of one language: aligned, without unchanged texts and shared words, no side empty, no
/// pair twice, in order of id.
TranslationRows translation_rows(const Descriptions& english, const Descriptions& other,
                                 const std::string& language);

/// All rows in order of id, each id once.
TranslationRows in_order_of_id(TranslationRows rows);

}  // namespace jest::studies

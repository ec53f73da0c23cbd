#pragma once
// Words that stand on both sides of a pair, such as the names of products, give the pair away
// without any understanding. They go.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace jest::studies {

struct TextPair {
  std::string x;
  std::string y;
};

/// The maximal runs of letters, digits and the marks that belong to them, by Unicode category.
std::vector<std::string_view> split_words(std::string_view text);

/// A word for comparison: case-folded and decomposed, so that "Ä", "ä" and "A" + U+0308 agree.
std::string folded(std::string_view word);

/// Both sides without the words whose folded forms stand on both. The others are joined by one
/// space, as they were written; punctuation goes. A side may come out empty.
TextPair without_shared_words(const TextPair& pair);

/// About how many features a model of words and character 4-grams finds in a text: its words,
/// and the 4-grams of code points of its words joined by a space.
std::size_t feature_count(std::string_view text);

}  // namespace jest::studies

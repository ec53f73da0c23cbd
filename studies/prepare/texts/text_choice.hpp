#pragma once
// Chooses the documents of every token file.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "prepare/docs/documents.hpp"
#include "prepare/texts/text_sources.hpp"

namespace jest::studies {

/// What one source offers a file.
struct TextOffer {
  TextPlace place;
  Documents documents;
};

/// Of every offer documents in a seeded order, whole, until `most_bytes` are reached: the last is
/// cut there, between two characters. What is empty, has zero bytes, or is longer than `longest`
/// is left out; what is no UTF-8 becomes U+FFFD. Held-out files are chosen first, the same for
/// every seed, and hold no text twice; nothing else has a text of theirs.
std::map<std::string, Documents> choose_texts(std::vector<TextOffer> offers, std::uint64_t seed,
                                              std::size_t longest = std::string::npos);

}  // namespace jest::studies

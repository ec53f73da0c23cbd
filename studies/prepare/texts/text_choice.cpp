#include "prepare/texts/text_choice.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "jest/core/error.hpp"
#include "prepare/row_id.hpp"
#include "utf8.hpp"

namespace jest::studies {
namespace {

SeededOrder order_of(const std::string& file, std::uint64_t seed) {
  if (is_held_out(file)) return {0, Purpose::kEvaluation};
  return {seed, file.starts_with("curated/") ? Purpose::kCurated : Purpose::kPool};
}

/// The documents in the order in which they are taken.
Documents in_order(Documents documents, const std::string& file, const SeededOrder& order) {
  std::ranges::stable_sort(documents, {}, [&](const Document& document) {
    return order(row_id(text(file, ' ', document.name)));
  });
  return documents;
}

/// At most so many bytes, and no part of a character at the end.
std::string cut(std::string text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  text.resize(bytes);
  return text;
}

Documents taken(Documents documents, std::size_t most_bytes) {
  Documents chosen;
  for (Document& document : documents) {
    document.text = cut(std::move(document.text), most_bytes);
    if (document.text.empty()) break;
    most_bytes -= document.text.size();
    document.text = apps::utf8_of(document.text);
    chosen.push_back(std::move(document));
  }
  return chosen;
}

}  // namespace

std::map<std::string, Documents> choose_texts(std::vector<TextOffer> offers, std::uint64_t seed,
                                              std::size_t longest) {
  std::ranges::stable_partition(offers,
                                [](const auto& offer) { return is_held_out(offer.place.file); });
  std::unordered_set<std::string> held_out;
  std::map<std::string, Documents> files;
  for (TextOffer& offer : offers) {
    const std::string& file = offer.place.file;
    Documents documents = in_order(std::move(offer.documents), file, order_of(file, seed));
    std::erase_if(documents, [&](const Document& document) {
      const std::string& text = document.text;
      return text.empty() || text.size() > longest || text.find('\0') != text.npos ||
             (is_held_out(file) ? !held_out.insert(text).second : held_out.contains(text));
    });
    for (Document& document : taken(std::move(documents), offer.place.most_bytes)) {
      files[file].push_back(std::move(document));
    }
  }
  return files;
}

}  // namespace jest::studies

#include "prepare/shared_words.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace jest::studies {
namespace {

struct CodePoint {
  utf8proc_int32_t value = -1;
  std::size_t bytes = 1;
};

/// The code point that `text` starts with; -1, one byte long, where the text is not UTF-8.
CodePoint first_code_point(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 128) return {first, 1};
  CodePoint point;
  const utf8proc_ssize_t used =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                       static_cast<utf8proc_ssize_t>(text.size()), &point.value);
  if (used > 0) point.bytes = static_cast<std::size_t>(used);
  return point;
}

bool in_word(utf8proc_int32_t point) {
  if (point < 0) return false;
  if (point < 128) {
    return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') ||
           (point >= '0' && point <= '9');
  }
  const utf8proc_category_t category = utf8proc_category(point);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

void append_folded(std::string& out, utf8proc_int32_t point) {
  std::array<utf8proc_int32_t, 32> parts;
  int last_boundary_class = 0;
  const utf8proc_ssize_t count = utf8proc_decompose_char(
      point, parts.data(), static_cast<utf8proc_ssize_t>(parts.size()),
      static_cast<utf8proc_option_t>(UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE), &last_boundary_class);
  for (utf8proc_ssize_t i = 0; i < std::min<utf8proc_ssize_t>(count, 32); ++i) {
    std::array<utf8proc_uint8_t, 4> bytes;
    const utf8proc_ssize_t used =
        utf8proc_encode_char(parts[static_cast<std::size_t>(i)], bytes.data());
    out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(used));
  }
}

std::vector<std::string> folded_words(const std::vector<std::string_view>& words) {
  std::vector<std::string> list;
  list.reserve(words.size());
  for (const std::string_view word : words) list.push_back(folded(word));
  return list;
}

std::vector<std::string> sorted(std::vector<std::string> words) {
  std::ranges::sort(words);
  return words;
}

/// The words whose folded forms are not in `others`, which is sorted, joined by a space.
std::string joined_unless_in(const std::vector<std::string>& others,
                             const std::vector<std::string_view>& words,
                             const std::vector<std::string>& folds) {
  std::string joined;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (std::ranges::binary_search(others, folds[i])) continue;
    if (!joined.empty()) joined += ' ';
    joined += words[i];
  }
  return joined;
}

}  // namespace

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t start = 0;
  for (std::size_t at = 0; at <= text.size();) {
    const CodePoint point = at < text.size() ? first_code_point(text.substr(at)) : CodePoint{};
    if (!in_word(point.value)) {
      if (at > start) words.push_back(text.substr(start, at - start));
      start = at + point.bytes;
    }
    at += point.bytes;
  }
  return words;
}

std::string folded(std::string_view word) {
  std::string out;
  out.reserve(word.size());
  while (!word.empty()) {
    const CodePoint point = first_code_point(word);
    if (point.value >= 0 && point.value < 128) {
      const bool upper = point.value >= 'A' && point.value <= 'Z';
      out += static_cast<char>(point.value + (upper ? 'a' - 'A' : 0));
    } else if (point.value >= 0) {
      append_folded(out, point.value);
    }
    word.remove_prefix(point.bytes);
  }
  return out;
}

TextPair without_shared_words(const TextPair& pair) {
  const std::vector<std::string_view> x_words = split_words(pair.x);
  const std::vector<std::string_view> y_words = split_words(pair.y);
  const std::vector<std::string> x_folds = folded_words(x_words);
  const std::vector<std::string> y_folds = folded_words(y_words);
  return {joined_unless_in(sorted(y_folds), x_words, x_folds),
          joined_unless_in(sorted(x_folds), y_words, y_folds)};
}

std::size_t feature_count(std::string_view text) {
  const std::vector<std::string_view> words = split_words(text);
  if (words.empty()) return 0;
  std::size_t code_points = words.size() - 1;  // the spaces between
  for (const std::string_view word : words) {
    code_points += static_cast<std::size_t>(std::ranges::count_if(
        word, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
  }
  return words.size() + (code_points >= 4 ? code_points - 3 : 0);
}

}  // namespace jest::studies

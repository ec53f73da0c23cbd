#include "train/formats/text_features.hpp"

#include <utf8proc.h>

#include <algorithm>

#include "train/formats/normal_form.hpp"

namespace jest::apps::train {
namespace {

using CodePoints = std::vector<utf8proc_int32_t>;

constexpr std::size_t kGram = 4;

bool is_letter_or_digit(utf8proc_int32_t code_point) {
  switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

bool is_word_part(utf8proc_int32_t code_point) {
  const auto category = utf8proc_category(code_point);
  return is_letter_or_digit(code_point) || category == UTF8PROC_CATEGORY_MN ||
         category == UTF8PROC_CATEGORY_MC;
}

/// Of a text of emoji or punctuation alone.
bool is_visible(utf8proc_int32_t code_point) {
  switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    default:
      return true;
  }
}

CodePoints code_points_of(std::string_view value) {
  CodePoints result;
  const auto* next = reinterpret_cast<const utf8proc_uint8_t*>(value.data());
  auto left = static_cast<utf8proc_ssize_t>(value.size());
  while (left > 0) {
    utf8proc_int32_t code_point = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(next, left, &code_point);
    if (used <= 0) throw Error("text features: expected valid UTF-8, got other bytes");
    result.push_back(code_point);
    next += used;
    left -= used;
  }
  return result;
}

/// Lower-cased words separated by single spaces.
CodePoints folded_words(const CodePoints& text) {
  const auto is_part = std::ranges::any_of(text, is_letter_or_digit) ? is_word_part : is_visible;
  CodePoints result;
  bool gap = false;
  for (const auto code_point : text) {
    if (is_part(code_point)) {
      if (gap && !result.empty()) result.push_back(' ');
      gap = false;
      result.push_back(utf8proc_tolower(code_point));
    } else {
      gap = true;
    }
  }
  return result;
}

/// FNV-1a over code points; `kind` keeps words and 4-grams apart.
std::int32_t bucket(std::span<const utf8proc_int32_t> piece, std::uint64_t kind,
                    std::int32_t buckets) {
  std::uint64_t hash = 0xcbf29ce484222325u ^ kind;
  for (const auto code_point : piece) {
    hash = (hash ^ static_cast<std::uint64_t>(code_point)) * 0x100000001b3u;
  }
  return static_cast<std::int32_t>((hash ^ (hash >> 32)) % static_cast<std::uint64_t>(buckets));
}

void add_words(std::span<const utf8proc_int32_t> all, std::size_t most, std::int32_t buckets,
               std::vector<std::int32_t>& features) {
  auto start = all.begin();
  while (start != all.end() && features.size() < most) {
    const auto end = std::find(start, all.end(), ' ');
    features.push_back(bucket({start, end}, 1, buckets));
    start = end == all.end() ? end : end + 1;
  }
}

}  // namespace

std::vector<std::int32_t> text_features(std::string_view text, const TextFeatureSpec& spec) {
  const CodePoints folded = folded_words(code_points_of(composed(text)));
  const std::span<const utf8proc_int32_t> all(folded);
  std::vector<std::int32_t> features;
  add_words(all, static_cast<std::size_t>(spec.most / 2), spec.buckets, features);
  const std::size_t grams = all.size() < kGram ? 0 : all.size() - kGram + 1;
  const std::size_t kept = std::min(grams, static_cast<std::size_t>(spec.most) - features.size());
  for (std::size_t k = 0; k < kept; ++k) {
    features.push_back(bucket(all.subspan(k * grams / kept, kGram), 2, spec.buckets));
  }
  if (features.empty()) features.push_back(bucket(all, 3, spec.buckets));
  return features;
}

void FeatureTable::append(const FeatureTable& more) {
  const std::int64_t before = offsets.back();
  features.insert(features.end(), more.features.begin(), more.features.end());
  for (std::size_t k = 1; k < more.offsets.size(); ++k) offsets.push_back(before + more.offsets[k]);
}

FeatureTable feature_table(std::span<const std::string> texts, const TextFeatureSpec& spec) {
  FeatureTable table;
  table.offsets.reserve(texts.size() + 1);
  for (const std::string& text : texts) {
    const auto features = text_features(text, spec);
    table.features.insert(table.features.end(), features.begin(), features.end());
    table.offsets.push_back(static_cast<std::int64_t>(table.features.size()));
  }
  return table;
}

}  // namespace jest::apps::train

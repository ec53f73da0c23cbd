#include "prepare/pictures/captioned_picture.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <sstream>

namespace jest::studies {
namespace {

constexpr std::array<std::string_view, 3> kArticles = {"a", "an", "the"};

/// Runs of letters and digits of ASCII and of whatever is beyond it.
std::vector<std::string> words_of(std::string_view text) {
  std::string spaced;
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80);
    spaced += upper ? static_cast<char>(c - 'A' + 'a') : kept ? c : ' ';
  }
  std::istringstream stream(spaced);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    if (std::ranges::find(kArticles, word) == kArticles.end()) words.push_back(word);
  }
  return words;
}

}  // namespace

std::string subject_of(std::string_view english) {
  std::string subject;
  for (const std::string& word : words_of(english)) subject += (subject.empty() ? "" : " ") + word;
  return subject;
}

bool is_within(std::string_view subject, std::string_view other) {
  const std::vector<std::string> words = words_of(subject), others = words_of(other);
  const std::set<std::string> there(others.begin(), others.end());
  return !words.empty() &&
         std::ranges::all_of(words, [&](const std::string& word) { return there.contains(word); });
}

}  // namespace jest::studies

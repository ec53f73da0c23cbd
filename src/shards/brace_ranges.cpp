// Names with ranges and lists in braces, as shells and webdataset write them.

#include <charconv>

#include "jest/data/shards.hpp"

namespace jest {
namespace {

constexpr std::size_t kMostFiles = 1'000'000;

[[noreturn]] void refuse_braces(const std::string& name, const std::string& came) {
  refuse("read " + name, "braces like {000..003} or {a,b}", came);
}

std::int64_t number(const std::string& name, std::string_view digits) {
  std::int64_t value = -1;
  const auto end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || stop != end || value < 0) {
    refuse_braces(name, "'" + std::string(digits) + "'");
  }
  return value;
}

/// {000..003}: as many digits as its beginning has.
std::vector<std::string> range(const std::string& name, std::string_view words, std::size_t dots) {
  const std::string_view from = words.substr(0, dots);
  const std::int64_t first = number(name, from), last = number(name, words.substr(dots + 2));
  if (last < first || last - first >= static_cast<std::int64_t>(kMostFiles)) {
    refuse_braces(name, "'" + std::string(words) + "'");
  }
  std::vector<std::string> all;
  for (std::int64_t k = first; k <= last; ++k) {
    const std::string digits = text(k);
    const std::size_t zeros = digits.size() < from.size() ? from.size() - digits.size() : 0;
    all.push_back(std::string(zeros, '0') + digits);
  }
  return all;
}

std::vector<std::string> choices(const std::string& name, std::string_view words) {
  const std::size_t dots = words.find("..");
  if (dots != words.npos) return range(name, words, dots);
  std::vector<std::string> all;
  for (std::size_t comma = words.find(','); comma != words.npos; comma = words.find(',')) {
    all.emplace_back(words.substr(0, comma));
    words.remove_prefix(comma + 1);
  }
  all.emplace_back(words);
  return all;
}

}  // namespace

std::vector<std::filesystem::path> expand_braces(const std::string& name) {
  const std::size_t open = name.find('{');
  if (open == name.npos) return {name};
  const std::size_t close = name.find('}', open);
  if (close == name.npos) refuse_braces(name, "one that is not closed");
  const std::string_view words = std::string_view(name).substr(open + 1, close - open - 1);
  if (words.find('{') != words.npos) refuse_braces(name, "braces in braces");
  std::vector<std::filesystem::path> files;
  for (const std::string& choice : choices(name, words)) {
    const auto rest = expand_braces(name.substr(0, open) + choice + name.substr(close + 1));
    files.insert(files.end(), rest.begin(), rest.end());
    if (files.size() > kMostFiles) refuse_braces(name, text("more than ", kMostFiles, " files"));
  }
  return files;
}

}  // namespace jest

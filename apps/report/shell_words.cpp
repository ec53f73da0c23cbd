#include "report/shell_words.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace jest::apps::report {
namespace {

bool is_one_of(std::string_view characters, char c) {
  return characters.find(c) != std::string_view::npos;
}

bool is_plain(char c) {
  return is_one_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,@%+-", c);
}

}  // namespace

std::string shell_quoted(const std::string& argument) {
  if (!argument.empty() && std::ranges::all_of(argument, is_plain)) return argument;
  std::string quoted = "'";
  for (const char c : argument) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::vector<std::string> shell_words(const std::string& command) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false, escaped = false;
  for (const char c : command) {
    if (is_one_of(" \t\r\n", c) && !quoted && !escaped) {
      if (!word.empty()) words.push_back(std::exchange(word, ""));
      continue;
    }
    if (c == '\'' && !escaped) quoted = !quoted;
    escaped = c == '\\' && !quoted && !escaped;
    word += c;
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

}  // namespace jest::apps::report

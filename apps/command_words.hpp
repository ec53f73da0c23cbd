#pragma once
// A command line in one form: every value stands behind its option's name and a =, once a value.
// CLI11 by itself lets `--out=` take the next word, takes `--out --resume` for a folder, an empty
// word for 0, and splits a word like [a,b].

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "jest/core/error.hpp"

namespace jest::apps {

struct CommandWords {
  const CLI::App* command;                   ///< the innermost that is named
  std::vector<std::string> words = {};       ///< for CLI11
  std::map<std::string, std::string> given;  ///< by option, "--out": its last value
};

/// The option of that name of a command, or of those above it.
inline const CLI::Option* find_option(const CLI::App* command, const std::string& name) {
  for (; command; command = command->get_parent()) {
    if (const CLI::Option* option = command->get_option_no_throw(name)) return option;
  }
  return nullptr;
}

inline bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }
inline bool takes_several(const CLI::Option& option) { return option.get_items_expected_max() > 1; }

/// Several where the option's values have commas between them. Throws, by the option's name, on an
/// empty one: no option of these programs has a use for it.
inline void add_value(CommandWords& line, const CLI::Option& option, const std::string& value) {
  const std::string name = option.get_name();
  std::vector<std::string> parts(1);
  for (const char c : value) {
    const bool ends = c == ',' && option.get_delimiter() == ',';
    ends ? void(parts.emplace_back()) : parts.back().push_back(c);
  }
  for (const std::string& part : parts) {
    if (part.empty()) refuse(name, "a value", "an empty one");
    line.words.push_back(name + "=" + part);
  }
}

/// Takes the option at `words[at]` and its values; gives back where the next word is.
inline std::size_t take_option(CommandWords& line, const std::vector<std::string>& words,
                               std::size_t at) {
  const std::string& word = words[at++];
  const std::size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const CLI::Option* option = find_option(line.command, name);
  std::string& last = line.given[name];
  if (equals != word.npos) {
    last = word.substr(equals + 1);
    if (last.empty()) refuse(name, "a value after =", "nothing");
    if (option && !is_flag(*option)) {
      add_value(line, *option, last);
      return at;
    }
  }
  if (!option || is_flag(*option)) {
    line.words.push_back(word);
    return at;
  }
  do {
    if (at == words.size()) refuse(name, "a value", "nothing");
    last = words[at++];
    if (last.starts_with("--")) refuse(name, "a value (or " + name + "=" + last + ")", last);
    add_value(line, *option, last);
  } while (takes_several(*option) && at < words.size() && !words[at].starts_with('-'));
  return at;
}

inline CommandWords plain_words(const CLI::App& app, const std::vector<std::string>& words) {
  CommandWords line{&app, {}, {}};
  bool options_end = false;
  for (std::size_t at = 0; at < words.size();) {
    const std::string& word = words[at];
    if (word.starts_with("--") && word != "--" && !options_end) {
      at = take_option(line, words, at);
      continue;
    }
    options_end = options_end || word == "--";
    // A word in brackets would be a list to CLI11; here it is a path.
    line.words.push_back(word.starts_with('[') ? "./" + word : word);
    for (const CLI::App* command : line.command->get_subcommands([](auto*) { return true; })) {
      if (command->get_name() == word) line.command = command;
    }
    ++at;
  }
  return line;
}

}  // namespace jest::apps

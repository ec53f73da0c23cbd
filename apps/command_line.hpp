#pragma once
// How every program of this project parses its options and fails: one line, exit status 1.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <type_traits>

#include "command_words.hpp"
#include "parse_whole.hpp"
#include "printable.hpp"
#include "surroundings.hpp"

namespace jest::apps {

/// Whole numbers are decimal, to the last character, and of 64 bits: CLI11 takes "010" for 8, "-1"
/// for 2^64 - 1, and what is larger for the largest.
template <class Number>
std::string decimal_fault(const std::string& word) {
  const std::size_t sign = word.starts_with('-') ? 1 : 0;
  const bool padded = word.size() > sign + 1 && word[sign] == '0';
  Number number{};
  if (parse_whole(word, number) && !padded) return "";
  const std::string least = std::is_signed_v<Number> ? "" : ", 0 or more";
  return "expected a whole number of 64 bits" + least + ", got '" + word + "'";
}

/// CLI11 takes " 5", "+5" and "0x5" for numbers.
inline std::string real_fault(const std::string& word) {
  double number{};
  return parse_whole(word, number) ? "" : "expected a number, got '" + word + "'";
}

/// For every option of a program and of its commands: numbers in full, words as they stand.
inline void read_strictly(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_type_name() == "INT") option->check(decimal_fault<std::int64_t>);
    if (option->get_type_name() == "UINT") option->check(decimal_fault<std::uint64_t>);
    if (option->get_type_name() == "FLOAT") option->check(real_fault);
    if (!option->get_positional()) option->allow_extra_args(false);
  }
  for (CLI::App* command : app.get_subcommands({})) read_strictly(*command);
}

/// Where a file sets options, by their names: {"--gain", "run.toml, line 3, column 1"}.
using Places = std::map<std::string, std::string>;

/// Adds what a file says of options that are not given, and where.
using AddFile = std::function<void(CommandWords& line, Places& places)>;

/// The message, behind the place of the option that it is of, where a file sets that.
inline std::string placed(std::string message, const Places& places) {
  const std::string operation = message.substr(0, message.find_first_of(":, "));
  for (const std::string& name : {operation, "--" + operation}) {
    const auto found = places.find(name);
    if (found == places.end()) continue;
    message = found->second + ": " + message;
    break;
  }
  return message;
}

/// Parses, then runs the chosen command's callback. Bad options, every exception and an output that
/// was not taken become one line on standard error.
inline int run_program(CLI::App& app, int argc, char** argv, const AddFile& add_file = {}) {
  open_closed_streams();
  end_on_lost_pages();
  Places places;
  try {
    try {
      read_strictly(app);
      CommandWords line = plain_words(app, {argv + std::min(argc, 1), argv + argc});
      if (add_file) add_file(line, places);
      std::reverse(line.words.begin(), line.words.end());  // as CLI11 wants them
      app.parse(std::move(line.words));
    } catch (const CLI::Success& request) {  // --help, --version
      app.exit(request);
    }
    expect_output_written();
    return 0;
  } catch (const std::exception& error) {
    const std::string line = placed(failure_text(error), places);
    std::cerr << app.get_name() << ": " << printable(line) << '\n';
    return 1;
  }
}

}  // namespace jest::apps

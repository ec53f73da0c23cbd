#pragma once
// How every program of this project parses its options and fails: one line, exit status 1.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <exception>
#include <iostream>
#include <string>
#include <type_traits>

#include "parse_whole.hpp"
#include "printable.hpp"
#include "standard_streams.hpp"

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

/// For every option of a program and of its commands that takes a whole number.
inline void take_decimals_alone(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_type_name() == "INT") option->check(decimal_fault<std::int64_t>);
    if (option->get_type_name() == "UINT") option->check(decimal_fault<std::uint64_t>);
  }
  for (CLI::App* command : app.get_subcommands({})) take_decimals_alone(*command);
}

/// Parses, then runs the chosen command's callback. Bad options, every exception and an output that
/// was not taken become one line on standard error.
inline int run_program(CLI::App& app, int argc, char** argv) {
  open_closed_streams();
  try {
    try {
      take_decimals_alone(app);
      app.parse(argc, argv);
    } catch (const CLI::Success& request) {  // --help, --version
      app.exit(request);
    }
    expect_output_written();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << app.get_name() << ": " << printable(failure_text(error)) << '\n';
    return 1;
  }
}

}  // namespace jest::apps

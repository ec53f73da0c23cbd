#pragma once
// How every program of this project parses its options and fails: one line, exit status 1.

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <string>

namespace jest {

/// Whole numbers are decimal, to the last character: CLI11 takes "010" for 8 and "-1" for 2^64 - 1.
inline std::string decimal_fault(const std::string& word) {
  const std::size_t sign = word.starts_with('-') ? 1 : 0;
  const bool digits =
      word.size() > sign && word.find_first_not_of("0123456789", sign) == std::string::npos;
  if (digits && (word[sign] != '0' || word.size() == sign + 1)) return "";
  return "expected a whole number, got '" + word + "'";
}

inline std::string unsigned_fault(const std::string& word) {
  if (!word.starts_with('-')) return decimal_fault(word);
  return "expected a whole number from 0, got " + word;
}

/// For every option of a program and of its commands that takes a whole number.
inline void take_decimals_alone(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_type_name() == "INT") option->check(decimal_fault);
    if (option->get_type_name() == "UINT") option->check(unsigned_fault);
  }
  for (CLI::App* command : app.get_subcommands({})) take_decimals_alone(*command);
}

/// Parses, then runs the chosen command's callback. Bad options and every exception become one
/// line on standard error.
inline int run_program(CLI::App& app, int argc, char** argv) {
  try {
    take_decimals_alone(app);
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::Success& request) {  // --help, --version
    return app.exit(request);
  } catch (const std::exception& error) {
    std::string line = error.what();
    for (char& c : line) c = c == '\n' ? ' ' : c;
    std::cerr << app.get_name() << ": " << line << '\n';
    return 1;
  }
}

}  // namespace jest

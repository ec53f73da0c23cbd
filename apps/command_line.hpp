#pragma once
// How every program of this project parses its options and fails: one line, exit status 1.

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

namespace jest {

/// Parses, then runs the chosen command's callback. Bad options and every exception become one
/// line on standard error.
inline int run_program(CLI::App& app, int argc, char** argv) {
  try {
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

#pragma once
// Command lines that can be pasted into a POSIX shell.

#include <string>
#include <vector>

namespace jest::apps::report {

/// As it is where every character is one of [A-Za-z0-9_./:=,@%+-], else in single quotes.
std::string shell_quoted(const std::string& argument);

/// The words of a command of shell_quoted ones, quotes kept. A quote that is not closed takes in
/// all that follows.
std::vector<std::string> shell_words(const std::string& command);

}  // namespace jest::apps::report

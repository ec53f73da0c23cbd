#pragma once
// --config FILE: options out of a TOML file.

#include <filesystem>

#include "command_line.hpp"

namespace jest::apps {

/// Adds what the file says of options of the given command that are not given themselves: keys are
/// options, and stand alone or in a table that names the command. Throws on every other key and
/// table, and on a value of another kind than the option's. What is added goes the way of words.
void add_config_file(const std::filesystem::path& file, CommandWords& line, Places& places);

}  // namespace jest::apps

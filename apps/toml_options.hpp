#pragma once
// What a configuration file says: TOML whose keys are options and whose tables are commands.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace jest::apps {

/// Numbers are finite, strings without NUL.
using TomlValue = std::variant<bool, std::int64_t, double, std::string>;

/// A value as a word of a command line; a number as Python's str() writes it.
std::string word_of(const TomlValue& value);

/// NAME = VALUE, or NAME = [VALUE, ...]
struct TomlOption {
  std::string place;  ///< "run.toml, line 3, column 1"
  std::string name;
  bool is_list = false;
  std::vector<TomlValue> values;
};

/// A table: path {"probe", "text"} of [probe.text], {} of what stands above all tables.
struct TomlSection {
  std::string place;
  std::vector<std::string> path;
  std::vector<TomlOption> options;
};

/// All tables of `text`, the content of the file `name`. Throws an error that names the place where
/// it is not TOML, or has a date, a table in an array or an array in an array.
std::vector<TomlSection> read_toml(std::string_view text, const std::string& name);

}  // namespace jest::apps

#include "config_file.hpp"

#include <algorithm>

#include "jest/io/atomic_file.hpp"
#include "toml_options.hpp"

namespace jest::apps {
namespace {

/// {"probe", "text"} of `jest-train probe text`
std::vector<std::string> path_of(const CLI::App* command) {
  std::vector<std::string> path;
  for (; command->get_parent(); command = command->get_parent()) {
    path.insert(path.begin(), command->get_name());
  }
  return path;
}

std::string joined(const std::vector<std::string>& names, const char* between) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : between) + name;
  return all;
}

/// Options stand above all tables or in that of the command; [probe] holds [probe.text].
void expect_command(const TomlSection& section, const std::vector<std::string>& command) {
  const auto& path = section.path;
  const auto same = std::mismatch(path.begin(), path.end(), command.begin(), command.end());
  const bool above = same.first == path.end() && (path.empty() || section.options.empty());
  if (path == command || above) return;
  refuse(section.place, "no table but [" + joined(command, ".") + "], the command given", "[",
         joined(path, "."), "]");
}

const CLI::Option& option_of(const CLI::App& command, const TomlOption& entry) {
  const CLI::Option* option = command.get_option_no_throw("--" + entry.name);
  if (option && option->get_configurable()) return *option;
  refuse(entry.place, "an option of " + joined(path_of(&command), " "), "'", entry.name, "'");
}

/// Which values an option takes; words of a command line are all strings.
struct Kind {
  const char* name;
  bool flag, whole, real, string;

  bool takes(const TomlValue& value) const {
    const bool taken[] = {flag, whole, real, string};
    return taken[value.index()];
  }
};

Kind kind_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  if (is_flag(option)) return {"true or false", true, false, false, false};
  if (type == "INT" || type == "UINT") return {"a whole number", false, true, false, false};
  if (type == "FLOAT") return {"a number", false, true, true, false};
  if (type == "PATH") return {"a string", false, false, false, true};
  return {"a string or a number", false, true, true, true};
}

std::string shown(const TomlValue& value) {
  const bool is_string = std::holds_alternative<std::string>(value);
  return is_string ? "the string '" + word_of(value) + "'" : word_of(value);
}

/// Throws unless the option takes what the file says.
void expect_kind(const CLI::Option& option, const TomlOption& entry) {
  const std::string name = option.get_name();
  const Kind kind = kind_of(option);
  if (entry.is_list && !takes_several(option)) refuse(name, kind.name, "an array");
  if (entry.values.empty()) refuse(name, "at least one value", "an empty array");
  for (const TomlValue& value : entry.values) {
    if (!kind.takes(value)) refuse(name, kind.name, shown(value));
    const bool parted =
        option.get_delimiter() != '\0' && word_of(value).find(',') != std::string::npos;
    if (entry.is_list && parted) refuse(name, "values without commas in an array", shown(value));
  }
}

void add_entry(const CLI::Option& option, const TomlOption& entry, CommandWords& line) {
  for (const TomlValue& value : entry.values) {
    if (!is_flag(option)) {
      add_value(line, option, word_of(value));
    } else if (std::get<bool>(value)) {
      line.words.push_back(option.get_name());
    }
  }
}

}  // namespace

void add_config_file(const std::filesystem::path& file, CommandWords& line, Places& places) {
  if (std::filesystem::is_directory(file))
    refuse("--config", "a file", file.string(), ", a folder");
  const auto command = path_of(line.command);
  for (const TomlSection& section : read_toml(read_file(file), file.string())) {
    expect_command(section, command);
    for (const TomlOption& entry : section.options) {
      const CLI::Option& option = option_of(*line.command, entry);
      const std::string name = option.get_name();
      const auto [place, is_first] = places.emplace(name, entry.place);
      if (!is_first) refuse(entry.place, name + " once", "it at ", place->second, ", too");
      expect_kind(option, entry);
      if (!line.given.contains(name)) add_entry(option, entry, line);
    }
  }
  for (const auto& [name, value] : line.given) places.erase(name);
}

}  // namespace jest::apps

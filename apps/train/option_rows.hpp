#pragma once
// An option of jest-train is one row. Parsing, help, checks, the identity of a run, what an arm or
// a probe may set, and the table of docs/options.md all derive from it.

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "jest/core/error.hpp"
#include "parse_whole.hpp"

namespace jest::apps::train {

/// What an option is for, beside being parsed; several may hold.
enum OptionUse : unsigned {
  kOfRun = 0,     ///< where and how a run goes, not what comes of it
  kOfResult = 1,  ///< decides the result: a part of a run's identity
  kOfArm = 2,     ///< an arm may have its own: NAME:option=VALUE
  kOfProbe = 4,   ///< `jest-train probe` has it, too
  kRequired = 8,
};

template <class O>
struct OptionRow {
  std::string flag;   ///< "--super-batch"
  std::string group;  ///< heading in the help
  std::string help;
  unsigned uses = kOfRun;
  std::function<CLI::Option*(CLI::App&, O&)> add = {};
  std::function<void(const O&)> check = {};  ///< throws unless the value is possible by itself
  std::function<bool(O&, const std::string&)> set = {};  ///< false when the text is no value
  std::function<nlohmann::ordered_json(const O&)> value = {};

  bool is(unsigned use) const { return (uses & use) != 0; }
  std::string name() const { return flag.substr(2); }  ///< in an arm
  std::string key() const {                            ///< in run.json
    std::string key = name();
    for (char& c : key) c = c == '-' ? '_' : c;
    return key;
  }
};

template <class O>
using OptionRows = std::vector<OptionRow<O>>;

// Checks of one value. `flag` is named in the message.

struct Anything {
  template <class Value>
  void operator()(const std::string&, const Value&) const {}
};

struct AtLeast {
  std::int64_t least;
  void operator()(const std::string& flag, std::int64_t value) const;
};

struct Between {
  std::int64_t least;
  std::int64_t most;
  void operator()(const std::string& flag, std::int64_t value) const;
};

struct FinitePositive {
  void operator()(const std::string& flag, double value) const;
};
struct FiniteAtLeast0 {
  void operator()(const std::string& flag, double value) const;
};
struct FiniteNotZero {
  void operator()(const std::string& flag, double value) const;
};
/// At least 0 and below 1.
struct ShareBelow1 {
  void operator()(const std::string& flag, double value) const;
};
/// Above 0 and at most 1.
struct ShareAbove0 {
  void operator()(const std::string& flag, double value) const;
};
/// From 0 to 1.
struct Share {
  void operator()(const std::string& flag, double value) const;
};

namespace rows {

template <class Field>
nlohmann::ordered_json json_of(const Field& field) {
  if constexpr (std::is_same_v<Field, std::filesystem::path>) {
    return field.string();
  } else if constexpr (std::is_same_v<Field, std::optional<double>>) {
    return field ? nlohmann::ordered_json(*field) : nlohmann::ordered_json();
  } else if constexpr (std::is_same_v<Field, std::vector<std::filesystem::path>>) {
    auto paths = nlohmann::ordered_json::array();
    for (const auto& path : field) paths.push_back(path.string());
    return paths;
  } else {
    return field;
  }
}

template <class Field>
CLI::Option* add(CLI::App& command, const std::string& flag, Field& field,
                 const std::string& help) {
  if constexpr (std::is_same_v<Field, bool>) {
    return command.add_flag(flag, field, help);
  } else {
    using Path = std::filesystem::path;
    CLI::Option* option = command.add_option(flag, field, help);
    if constexpr (std::is_same_v<Field, std::vector<std::string>>) option->delimiter(',');
    if constexpr (std::is_same_v<Field, Path> || std::is_same_v<Field, std::vector<Path>>) {
      return option->type_name("PATH");
    }
    if constexpr (std::is_same_v<Field, std::optional<double>>) return option;
    return option->capture_default_str();
  }
}

}  // namespace rows

/// The row of a field of `O`, or of a base of it.
template <class O, class Base, class Field, class Check = Anything>
OptionRow<O> option(std::string group, std::string flag, Field Base::*field, std::string help,
                    unsigned uses, Check check = {}) {
  OptionRow<O> row{.flag = flag, .group = std::move(group), .help = std::move(help), .uses = uses};
  row.add = [flag, field, text = row.help](CLI::App& command, O& options) {
    return rows::add(command, flag, options.*field, text);
  };
  row.check = [flag, field, check](const O& options) { check(flag, options.*field); };
  if constexpr (std::is_same_v<Field, std::string>) {
    row.set = [field](O& options, const std::string& value) {
      options.*field = value;
      return true;
    };
  } else if constexpr (std::is_arithmetic_v<Field> && !std::is_same_v<Field, bool>) {
    row.set = [field](O& options, const std::string& value) {
      return parse_whole(value, options.*field);
    };
  }
  if constexpr (requires(const Field& any) { rows::json_of(any); }) {
    row.value = [field](const O& options) { return rows::json_of(options.*field); };
  }
  return row;
}

/// Adds the options that `wanted` accepts to a command, under their groups, with their defaults.
template <class O>
void add_rows(CLI::App& command, O& options, const OptionRows<O>& rows, unsigned wanted = kOfRun) {
  for (const OptionRow<O>& row : rows) {
    if (wanted != kOfRun && !row.is(wanted)) continue;
    CLI::Option* option = row.add(command, options);
    option->group(row.group);
    if (row.is(kRequired)) option->required();
  }
}

template <class O>
void check_rows(const O& options, const OptionRows<O>& rows) {
  for (const OptionRow<O>& row : rows) row.check(options);
}

/// {"key": value} of all rows that decide the result.
template <class O>
nlohmann::ordered_json identity_of(const O& options, const OptionRows<O>& rows) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const OptionRow<O>& row : rows) {
    if (row.is(kOfResult)) json[row.key()] = row.value(options);
  }
  return json;
}

}  // namespace jest::apps::train

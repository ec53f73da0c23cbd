#pragma once
// Options whose values are read strictly: decimal, in range, to the last character. CLI11's own
// conversions take "-1" for 2^64-1 and "010" for 8.

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "jest/core/error.hpp"
#include "parse_whole.hpp"

namespace jest::apps::select {

/// How an option appears in the help text.
struct OptionText {
  std::string name;
  std::string type;
  std::string description;
};

template <class Integer = std::int64_t>
struct AtLeast {
  Integer value;
};
AtLeast(int)->AtLeast<std::int64_t>;

/// Adds an option that hands its text to `take`. A later value does not replace an earlier one.
template <class Take>
CLI::Option* add_text(CLI::App& app, const OptionText& option, const Take& take) {
  return app.add_option_function<std::string>(option.name, take, option.description)
      ->type_name(option.type);
}

template <class Integer, class Take>
CLI::Option* add_integer(CLI::App& app, const OptionText& option, AtLeast<Integer> least,
                         const Take& take) {
  return add_text(app, option, [=](const std::string& word) {
    Integer value{};
    if (!parse_whole(word, value) || value < least.value) {
      refuse(option.name,
             text("an integer from ", least.value, " to ", std::numeric_limits<Integer>::max()),
             "'", word, "'");
    }
    take(value);
  });
}

template <class Take>
CLI::Option* add_real(CLI::App& app, const OptionText& option, const Take& take) {
  return add_text(app, option, [=](const std::string& word) {
    double value{};
    if (!parse_whole(word, value) || !std::isfinite(value)) {
      refuse(option.name, "a finite number", "'", word, "'");
    }
    take(value);
  });
}

/// Adds an option whose value is one of the names of a table.
template <class Value, std::size_t kCount, class Take>
CLI::Option* add_name(CLI::App& app, const OptionText& option, const Named<Value> (&table)[kCount],
                      const Take& take) {
  return add_text(app, option, [&table, option, take](const std::string& word) {
    take(by_name(option.name, table, word));
  });
}

}  // namespace jest::apps::select

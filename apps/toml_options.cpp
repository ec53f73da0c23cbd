#include "toml_options.hpp"

#include <toml++/toml.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "jest/core/error.hpp"

namespace jest::apps {
namespace {

class Reader {
 public:
  explicit Reader(const std::string& name) : name_(name) {}

  void add_section(const std::string& place, const std::vector<std::string>& path,
                   const toml::table& table) {
    const std::size_t at = sections.size();
    sections.push_back({place, path, {}});
    for (const auto& [key, node] : table) {
      const std::string of_key = place_of(key.source().begin);
      if (const toml::table* inner = node.as_table()) {
        std::vector<std::string> below = path;
        below.emplace_back(key.str());
        add_section(of_key, below, *inner);
      } else {
        sections[at].options.push_back(option(of_key, std::string(key.str()), node));
      }
    }
  }

  std::string place_of(const toml::source_position& at) const {
    return text(name_, ", line ", at.line, ", column ", at.column);
  }

  std::vector<TomlSection> sections;

 private:
  TomlOption option(const std::string& place, const std::string& name,
                    const toml::node& node) const {
    TomlOption option{place, name, node.is_array(), {}};
    if (const toml::array* list = node.as_array()) {
      for (const toml::node& one : *list) option.values.push_back(value(one));
    } else {
      option.values.push_back(value(node));
    }
    return option;
  }

  TomlValue value(const toml::node& node) const {
    if (const auto* flag = node.as_boolean()) return flag->get();
    if (const auto* whole = node.as_integer()) return whole->get();
    const std::string place = place_of(node.source().begin);
    if (const auto* number = node.as_floating_point()) {
      if (!std::isfinite(number->get())) refuse(place, "a finite number", number->get());
      return number->get();
    }
    if (const auto* string = node.as_string()) {
      if (string->get().find('\0') != std::string::npos) refuse(place, "text", "one with a NUL");
      return string->get();
    }
    refuse(place, "strings, numbers, true and false",
           node.is_table()   ? "a table"
           : node.is_array() ? "an array in an array"
                             : "a date or time");
  }

  std::string name_;
};

}  // namespace

std::string word_of(const TomlValue& value) {
  if (const auto* word = std::get_if<std::string>(&value)) return *word;
  return std::visit([](const auto& one) { return nlohmann::json(one).dump(); }, value);
}

std::vector<TomlSection> read_toml(std::string_view text, const std::string& name) {
  Reader reader(name);
  try {
    const toml::table whole = toml::parse(text, name);
    reader.add_section(name, {}, whole);
    return std::move(reader.sections);
  } catch (const toml::parse_error& error) {
    refuse(reader.place_of(error.source().begin), "TOML", error.description());
  }
}

}  // namespace jest::apps

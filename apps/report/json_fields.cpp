#include "report/json_fields.hpp"

#include <algorithm>
#include <limits>

#include "jest/core/error.hpp"

namespace jest::apps::report {
namespace {

// Enough of a value to recognise it by.
std::string excerpt(const nlohmann::json& value) {
  if (value.is_structured()) return text("an ", value.type_name());
  return value.dump(-1, ' ', true).substr(0, 60);
}

double number_of(const nlohmann::json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

bool is_number(const nlohmann::json& value) { return value.is_number() || value.is_null(); }

}  // namespace

JsonFields::JsonFields(const nlohmann::json& value, std::string source, std::string place)
    : value_(&value), source_(std::move(source)), place_(std::move(place)) {
  if (!value.is_object()) {
    refuse("read " + source_, "an object" + (place_.empty() ? "" : " at " + place_),
           excerpt(value));
  }
}

bool JsonFields::has(const std::string& key) const {
  return value_->contains(key) && !value_->at(key).is_null();
}

bool JsonFields::contains(const std::string& key) const { return value_->contains(key); }

double JsonFields::number(const std::string& key) const {
  if (!is_number(field(key))) fail("a number", key);
  return number_of(field(key));
}

std::uint64_t JsonFields::unsigned_integer(const std::string& key) const {
  const auto& value = field(key);
  const bool counts =
      value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0);
  if (!counts) fail("a whole number from 0", key);
  return value.get<std::uint64_t>();
}

bool JsonFields::boolean(const std::string& key) const {
  if (!field(key).is_boolean()) fail("true or false", key);
  return field(key).get<bool>();
}

std::string JsonFields::string(const std::string& key) const {
  if (!field(key).is_string()) fail("a string", key);
  return field(key).get<std::string>();
}

JsonFields JsonFields::object(const std::string& key) const {
  return {field(key), source_, place_of(key)};
}

std::vector<JsonFields> JsonFields::objects(const std::string& key) const {
  if (!field(key).is_array()) fail("an array", key);
  std::vector<JsonFields> list;
  for (const nlohmann::json& item : field(key)) {
    list.emplace_back(item, source_, text(place_of(key), "[", list.size(), "]"));
  }
  return list;
}

std::vector<std::string> JsonFields::strings(const std::string& key) const {
  const auto is_string = [](const nlohmann::json& item) { return item.is_string(); };
  if (!field(key).is_array() || !std::ranges::all_of(field(key), is_string)) {
    fail("an array of strings", key);
  }
  return field(key).get<std::vector<std::string>>();
}

double JsonFields::number_or(const std::string& key, double otherwise) const {
  return has(key) ? number(key) : otherwise;
}

std::string JsonFields::text_or(const std::string& key, const std::string& otherwise) const {
  if (!has(key)) return otherwise;
  return field(key).is_string() ? string(key) : field(key).dump();
}

std::vector<JsonFields> JsonFields::objects_or_none(const std::string& key) const {
  return has(key) ? objects(key) : std::vector<JsonFields>();
}

std::map<std::string, double> JsonFields::numbers() const {
  std::map<std::string, double> all;
  for (const auto& [key, value] : value_->items()) {
    if (!is_number(value)) fail("a number", key);
    all[key] = number_of(value);
  }
  return all;
}

const nlohmann::json& JsonFields::field(const std::string& key) const {
  if (!value_->contains(key)) {
    refuse("read " + source_, "a field " + place_of(key), "none of that name");
  }
  return value_->at(key);
}

std::string JsonFields::place_of(const std::string& key) const {
  return place_.empty() ? key : place_ + "." + key;
}

void JsonFields::fail(const std::string& expected, const std::string& key) const {
  refuse("read " + source_, text(expected, " at ", place_of(key)), excerpt(value_->at(key)));
}

}  // namespace jest::apps::report

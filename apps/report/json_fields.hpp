#pragma once
// Reading fields of a JSON object so that every complaint names the file and the field.

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace jest::apps::report {

/// A JSON object together with where it stands, for instance {"runs/summary.json", "runs[2]"}.
/// A view: the JSON value must outlive it.
class JsonFields {
 public:
  /// Throws jest::Error if `value` is not an object.
  JsonFields(const nlohmann::json& value, std::string source, std::string place = "");

  bool has(const std::string& key) const;       ///< present and not null
  bool contains(const std::string& key) const;  ///< present, perhaps null

  /// Present and of the type asked for, or jest::Error. A number that is null (which is how JSON
  /// writes what is not finite) comes back as NaN.
  double number(const std::string& key) const;
  std::uint64_t unsigned_integer(const std::string& key) const;
  bool boolean(const std::string& key) const;
  std::string string(const std::string& key) const;
  JsonFields object(const std::string& key) const;
  std::vector<JsonFields> objects(const std::string& key) const;
  std::vector<std::string> strings(const std::string& key) const;

  /// The same where the field may be absent or null.
  double number_or(const std::string& key, double otherwise) const;
  std::string text_or(const std::string& key, const std::string& otherwise) const;
  std::vector<JsonFields> objects_or_none(const std::string& key) const;

  /// All fields that hold numbers, or null as NaN; anything else is refused.
  std::map<std::string, double> numbers() const;

 private:
  const nlohmann::json& field(const std::string& key) const;
  std::string place_of(const std::string& key) const;
  [[noreturn]] void fail(const std::string& expected, const std::string& key) const;

  const nlohmann::json* value_;
  std::string source_;
  std::string place_;
};

}  // namespace jest::apps::report

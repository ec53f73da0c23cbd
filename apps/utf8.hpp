#pragma once
// JSON and pages are UTF-8; names of files may be anything.

#include <nlohmann/json.hpp>
#include <string>

namespace jest::apps {

/// The same text, with U+FFFD for every byte that is no UTF-8.
inline std::string utf8_of(const std::string& text) {
  using Json = nlohmann::json;
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
}

/// Of a word that is recorded, and looked up, as it stands.
inline std::string utf8_fault(const std::string& word) {
  return utf8_of(word) == word ? "" : "expected UTF-8, got '" + utf8_of(word) + "'";
}

}  // namespace jest::apps

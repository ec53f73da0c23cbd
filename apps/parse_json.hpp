#pragma once
// JSON that a program reads from files.

#include <nlohmann/json.hpp>
#include <string>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest::apps {

/// Throws, naming `operation`, where a text is no JSON, is not what its checksum says, or nests
/// more deeply than any file of this project: copying and printing values take stack for every
/// level.
template <class Json = nlohmann::json>
Json parse_json(const std::string& content, const std::string& operation) {
  constexpr int kDeepest = 100;
  constexpr std::size_t kShown = 160;
  check_checksum(content, operation);
  try {
    return Json::parse(content, [&](int depth, typename Json::parse_event_t, Json&) {
      if (depth > kDeepest) refuse(operation, text("at most ", kDeepest, " levels"), "more");
      return true;
    });
  } catch (const typename Json::exception& error) {
    refuse(operation, "JSON", std::string(error.what()).substr(0, kShown));
  }
}

}  // namespace jest::apps

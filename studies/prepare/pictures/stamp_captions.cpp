#include "prepare/pictures/stamp_captions.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

namespace jest::studies {
namespace {

std::string trimmed(const std::string& line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == line.npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") + 1 - first);
}

bool is_utf8(const std::string& text) {
  try {
    nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

}  // namespace

Captions read_stamp_captions(std::string_view content) {
  constexpr std::string_view kEncoding = ".utf8=";
  std::istringstream lines{std::string(content)};
  Captions captions;
  std::string line;
  std::getline(lines, line);
  const std::string english = trimmed(line);
  if (english.empty() || !is_utf8(english)) return {};
  captions["en"] = english;
  while (std::getline(lines, line)) {
    const std::size_t end = line.find(kEncoding);
    if (end == line.npos || end == 0) continue;
    const std::string caption = trimmed(line.substr(end + kEncoding.size()));
    if (!caption.empty() && is_utf8(caption)) captions[line.substr(0, end)] = caption;
  }
  return captions;
}

}  // namespace jest::studies

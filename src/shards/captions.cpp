#include "captions.hpp"

#include <nlohmann/json.hpp>

#include "jest/core/error.hpp"

namespace jest {
namespace {

using Json = nlohmann::ordered_json;

std::string trimmed(std::string_view content) {
  constexpr std::string_view kSpace(" \t\r\n\v\f");
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (content.starts_with(kByteOrderMark)) content.remove_prefix(kByteOrderMark.size());
  const std::size_t first = content.find_first_not_of(kSpace);
  if (first == content.npos) return {};
  return std::string(content.substr(first, content.find_last_not_of(kSpace) + 1 - first));
}

void check_utf8(const std::string& content, const std::string& operation) {
  try {
    Json(content).dump();
  } catch (const Json::type_error&) {
    refuse(operation, "a caption in UTF-8", "other bytes (convert it with iconv)");
  }
}

class CaptionReader {
 public:
  CaptionReader(const std::string& key, const std::string& operation)
      : key_(key), operation_(operation) {}

  void read(const Json& value) {
    if (value.is_array()) {
      for (const Json& one : value) add(text(found_++), one);
    } else if (value.is_object()) {
      result.named = true;
      for (const auto& [name, one] : value.items()) add(name, one);
    } else {
      add({}, value);
    }
  }

  JsonCaptions result;

 private:
  void add(const std::string& name, const Json& value) {
    if (value.is_null()) return;
    if (!value.is_string()) {
      refuse(operation_, text("\"", key_, "\", a string, or an array or object of strings"),
             value.type_name());
    }
    const std::string caption = trimmed(value.get<std::string>());
    if (!caption.empty()) result.captions.push_back({name, caption});
  }

  const std::string& key_;
  const std::string& operation_;
  std::int64_t found_ = 0;
};

}  // namespace

std::vector<Caption> captions_of_text(std::string_view content, const std::string& operation) {
  const std::string caption = trimmed(content);
  if (caption.empty()) return {};
  check_utf8(caption, operation);
  return {{{}, caption}};
}

JsonCaptions captions_of_json(std::string_view content, const std::string& caption_key,
                              const std::string& tag_key, const std::string& operation) {
  const Json json = Json::parse(content, nullptr, false);
  if (!json.is_object()) {
    refuse(operation, "an object in JSON", json.is_discarded() ? "no JSON" : json.type_name());
  }
  CaptionReader reader(caption_key, operation);
  if (!caption_key.empty() && json.contains(caption_key)) reader.read(json.at(caption_key));
  if (!tag_key.empty() && json.contains(tag_key)) {
    const Json& tag = json.at(tag_key);
    if (!tag.is_string()) refuse(operation, text("\"", tag_key, "\", a string"), tag.type_name());
    reader.result.tag = tag.get<std::string>();
  }
  return std::move(reader.result);
}

}  // namespace jest

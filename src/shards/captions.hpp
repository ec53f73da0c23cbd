#pragma once
// Captions out of what lies beside a picture.

#include <string>
#include <string_view>
#include <vector>

namespace jest {

struct Caption {
  std::string name = {};  ///< which of a sample's captions it is; empty where it is the only one
  std::string text = {};
};

/// The text without white space around it; none where nothing is left. `operation` begins errors.
/// Throws on what is not UTF-8.
std::vector<Caption> captions_of_text(std::string_view content, const std::string& operation);

struct JsonCaptions {
  std::vector<Caption> captions;
  bool named = false;    ///< the names are those of an object
  std::string tag = {};  ///< under the tag's key; empty where there is none
};

/// What an object holds under `caption_key`: a string, an array of strings, or an object of
/// strings; empty strings and null count as none. An empty `caption_key` asks for the tag alone.
/// Throws on what is not JSON, no object, or of other types.
JsonCaptions captions_of_json(std::string_view content, const std::string& caption_key,
                              const std::string& tag_key, const std::string& operation);

}  // namespace jest

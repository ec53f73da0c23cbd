#pragma once
// A picture with its captions in many languages, and what it is a picture of.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace jest::studies {

/// By language, in the spelling of Tux Paint's files: "de", "pt_BR".
using Captions = std::map<std::string, std::string>;

struct CaptionedPicture {
  std::string key;   ///< its name in a shard, without an ending
  std::string file;  ///< of a PNG
  Captions captions;
};

/// What an English caption is about: its words in lower case, without articles and punctuation.
/// "A great-horned owl." is "great horned owl".
std::string subject_of(std::string_view english);

/// Whether all words of one subject are among those of another: "owl" is in "great horned owl".
bool is_within(std::string_view subject, std::string_view other);

}  // namespace jest::studies

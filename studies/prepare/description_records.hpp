#pragma once
// Reads the records of a Translation-<language> file.
// Source: "Description Translations", Debian's repository format, and deb-control(5).

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace jest::studies {

/// The short line, then the paragraphs, each on one line without tabs.
using Segments = std::vector<std::string>;

/// Descriptions by "package md5", where md5 is that of the English text: two languages' segments
/// belong together when their keys agree.
using Descriptions = std::unordered_map<std::string, Segments>;

/// Adds the records of one file's text to `descriptions`, which is handed back. A key that is
/// already there keeps its first text. Records without package, md5 or text are left out.
Descriptions add_descriptions(Descriptions descriptions, std::string_view file_text,
                              const std::string& language);

/// The package's name of a key.
std::string_view package_of(std::string_view key);

}  // namespace jest::studies

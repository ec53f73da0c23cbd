// Pictures and captions out of unpacked packages.

#include <algorithm>
#include <set>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "prepare/pictures/emoji_font.hpp"
#include "prepare/pictures/emoji_names.hpp"
#include "prepare/pictures/picture_captions.hpp"
#include "prepare/pictures/stamp_captions.hpp"

namespace jest::studies {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_below(const fs::path& folder, const std::string& ending) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ending)
      files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

/// What a shard may call it: a dot would end its name.
std::string key_of(std::string name) {
  std::ranges::replace(name, '.', '_');
  return name;
}

/// The language of a file of annotations, in the spelling of Tux Paint's files.
std::string language_of(const std::string& locale) {
  for (const char* language : {"pt_BR", "pt", "zh_CN", "zh_TW", "nb", "sr@latin"}) {
    if (cldr_locale(language) == locale) return language;
  }
  return locale;
}

std::string hexadecimal(char32_t code_point) {
  char digits[9];
  std::snprintf(digits, sizeof digits, "%x", static_cast<unsigned>(code_point));
  return digits;
}

}  // namespace

std::vector<CaptionedPicture> read_stamps(const fs::path& folder) {
  std::vector<CaptionedPicture> stamps;
  for (const fs::path& file : files_below(folder, ".png")) {
    const fs::path text = fs::path(file).replace_extension(".txt");
    if (!fs::is_regular_file(text)) continue;
    Captions captions = read_stamp_captions(read_file(text));
    if (captions.empty()) continue;
    const std::string name = fs::path(file).replace_extension().lexically_relative(folder).string();
    stamps.push_back({"stamps/" + key_of(name), read_file(file), std::move(captions)});
  }
  return stamps;
}

std::vector<CaptionedPicture> read_emoji(const fs::path& font, const fs::path& folder) {
  std::map<std::string, Captions> captions;
  for (const fs::path& file : files_below(folder, ".xml")) {
    const std::string language = language_of(file.stem().string());
    for (const auto& [character, name] : read_emoji_names(read_file(file))) {
      captions[character][language] = name;
    }
  }
  const EmojiFont drawn(font);
  std::vector<CaptionedPicture> emoji;
  for (auto& [character, names] : captions) {
    const char32_t code_point = only_code_point(character);
    if (code_point < 0x80 || !names.contains("en")) continue;  // digits have pictures, too
    std::string file = drawn.png_of(code_point);
    if (file.empty()) continue;
    emoji.push_back({"emoji/" + hexadecimal(code_point), std::move(file), std::move(names)});
  }
  return emoji;
}

}  // namespace jest::studies

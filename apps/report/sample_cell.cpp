#include "report/sample_cell.hpp"

#include <algorithm>
#include <string_view>

namespace jest::apps::report {
namespace {

constexpr std::size_t kMostBytes = 240;

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string shortened(const std::string& content) {
  if (content.size() <= kMostBytes) return content;
  std::size_t end = kMostBytes;
  while (end > 0 && continues_character(content[end])) --end;
  return content.substr(0, end) + "…";
}

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

bool is_bitmap(std::string_view source) {
  constexpr std::string_view kPrefix = "data:image/bmp;base64,";
  if (!source.starts_with(kPrefix)) return false;
  source.remove_prefix(kPrefix.size());
  if (source.empty() || source.size() % 4 != 0) return false;
  for (int padding = 0; padding < 2 && source.ends_with('='); ++padding) source.remove_suffix(1);
  return std::all_of(source.begin(), source.end(), is_base64);
}

Html line_of(const std::string& content) {
  return element("span", shortened(content), "class=\"side\" dir=\"auto\"");
}

Html picture_cell(const Sample& sample) {
  const Html picture =
      is_bitmap(sample.picture)
          ? Html::markup("<img class=\"glyph\" width=\"48\" height=\"48\" alt=\"\" " +
                         attribute("src", sample.picture) + ">")
          : element("span", "no picture", "class=\"absent\"");
  return element("div", picture + line_of(sample.y), "class=\"pictured\"");
}

}  // namespace

Html sample_cell(const Sample& sample) {
  if (!sample.picture.empty()) return picture_cell(sample);
  if (!sample.passage.empty()) {
    return element("div", shortened(sample.passage), "class=\"passage\" dir=\"auto\"");
  }
  Html cell;
  for (const std::string* side : {&sample.x, &sample.y}) {
    if (!side->empty()) cell += line_of(*side);
  }
  return cell.empty() ? element("code", sample.id) : cell;
}

}  // namespace jest::apps::report

#include "prepare/pictures/emoji_names.hpp"

#include <gumbo.h>
#include <utf8proc.h>

#include <vector>

namespace jest::studies {
namespace {

std::string_view attribute(const GumboElement& element, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&element.attributes, name);
  return found ? found->value : std::string_view();
}

/// The element's tag as it is written: gumbo knows no annotations.
std::string_view tag_of(const GumboElement& element) {
  std::string_view tag(element.original_tag.data, element.original_tag.length);
  if (tag.starts_with('<')) tag.remove_prefix(1);
  return tag.substr(0, tag.find_first_of(" \t\r\n/>"));
}

std::string text_of(const GumboElement& element) {
  std::string text;
  for (unsigned k = 0; k < element.children.length; ++k) {
    const auto* child = static_cast<const GumboNode*>(element.children.data[k]);
    if (child->type == GUMBO_NODE_TEXT) text += child->v.text.text;
  }
  return text;
}

}  // namespace

std::map<std::string, std::string> read_emoji_names(std::string_view xml) {
  constexpr std::string_view kOfAnother = "\u2191\u2191\u2191";
  GumboOutput* output = gumbo_parse_with_options(&kGumboDefaultOptions, xml.data(), xml.size());
  std::map<std::string, std::string> names;
  std::vector<const GumboNode*> open = {output->root};
  while (!open.empty()) {
    const GumboNode* node = open.back();
    open.pop_back();
    if (node->type != GUMBO_NODE_ELEMENT) continue;
    const GumboElement& element = node->v.element;
    if (tag_of(element) == "annotation" && attribute(element, "type") == "tts") {
      const std::string name = text_of(element);
      if (!name.empty() && name != kOfAnother) names[std::string(attribute(element, "cp"))] = name;
    }
    for (unsigned k = 0; k < element.children.length; ++k) {
      open.push_back(static_cast<const GumboNode*>(element.children.data[k]));
    }
  }
  gumbo_destroy_output(&kGumboDefaultOptions, output);
  return names;
}

std::string cldr_locale(const std::string& language) {
  static const std::map<std::string, std::string> kOthers = {
      {"pt_BR", "pt"},      {"pt", "pt_PT"}, {"zh_CN", "zh"},
      {"zh_TW", "zh_Hant"}, {"nb", "no"},    {"sr@latin", "sr_Latn"}};
  const auto found = kOthers.find(language);
  return found == kOthers.end() ? language : found->second;
}

char32_t only_code_point(std::string_view text) {
  utf8proc_int32_t code_point = 0;
  const auto size = static_cast<utf8proc_ssize_t>(text.size());
  const utf8proc_ssize_t used =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), size, &code_point);
  return used == size && used > 0 ? static_cast<char32_t>(code_point) : 0;
}

}  // namespace jest::studies

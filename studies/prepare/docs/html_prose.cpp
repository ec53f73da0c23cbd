#include "prepare/docs/html_prose.hpp"

#include <gumbo.h>

#include <algorithm>
#include <array>
#include <span>

namespace jest::studies {
namespace {

constexpr std::string_view kBlankInHtml = " \t\r\n\f";

constexpr std::array kHiddenTags = {GUMBO_TAG_HEAD,   GUMBO_TAG_SCRIPT, GUMBO_TAG_STYLE,
                                    GUMBO_TAG_NAV,    GUMBO_TAG_FOOTER, GUMBO_TAG_FORM,
                                    GUMBO_TAG_BUTTON, GUMBO_TAG_SVG,    GUMBO_TAG_NOSCRIPT};
constexpr std::array kInlineTags = {
    GUMBO_TAG_A,    GUMBO_TAG_ABBR,   GUMBO_TAG_B,    GUMBO_TAG_CITE, GUMBO_TAG_CODE,
    GUMBO_TAG_DEL,  GUMBO_TAG_DFN,    GUMBO_TAG_EM,   GUMBO_TAG_FONT, GUMBO_TAG_I,
    GUMBO_TAG_IMG,  GUMBO_TAG_INS,    GUMBO_TAG_KBD,  GUMBO_TAG_MARK, GUMBO_TAG_Q,
    GUMBO_TAG_SAMP, GUMBO_TAG_SMALL,  GUMBO_TAG_SPAN, GUMBO_TAG_SUB,  GUMBO_TAG_SUP,
    GUMBO_TAG_TT,   GUMBO_TAG_STRONG, GUMBO_TAG_U,    GUMBO_TAG_VAR,  GUMBO_TAG_WBR};

// What the makers of Debian's pages (Sphinx, DocBook, Publican, AsciiDoc, mdBook) call the parts
// around the text.
constexpr std::array<std::string_view, 4> kHiddenRoles = {"navigation", "search", "contentinfo",
                                                          "menu"};
constexpr std::array<std::string_view, 7> kHiddenClasses = {
    "headerlink", "docnav", "navheader", "navfooter", "indexterm", "toc", "sphinxsidebar"};
constexpr std::array<std::string_view, 4> kHiddenIds = {"header", "footer", "banner", "toc"};

template <class List, class Value>
bool contains(const List& list, const Value& value) {
  return std::ranges::find(list, value) != list.end();
}

std::string_view attribute(const GumboElement& element, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&element.attributes, name);
  return found == nullptr ? std::string_view() : found->value;
}

bool has_hidden_class(std::string_view classes) {
  while (!classes.empty()) {
    const std::size_t end = classes.find(' ');
    if (contains(kHiddenClasses, classes.substr(0, end))) return true;
    classes.remove_prefix(end == std::string_view::npos ? classes.size() : end + 1);
  }
  return false;
}

bool is_hidden(const GumboElement& element) {
  return contains(kHiddenTags, element.tag) || contains(kHiddenRoles, attribute(element, "role")) ||
         contains(kHiddenIds, attribute(element, "id")) ||
         has_hidden_class(attribute(element, "class"));
}

std::span<void* const> children(const GumboNode& node) {
  if (node.type != GUMBO_NODE_ELEMENT) return {};
  return {node.v.element.children.data, node.v.element.children.length};
}

const GumboNode* find_main(const GumboNode& node) {
  if (node.type != GUMBO_NODE_ELEMENT) return nullptr;
  if (node.v.element.tag == GUMBO_TAG_MAIN || attribute(node.v.element, "role") == "main") {
    return &node;
  }
  for (void* const child : children(node)) {
    if (const auto* found = find_main(*static_cast<const GumboNode*>(child))) return found;
  }
  return nullptr;
}

/// Spaces at which no line may break mean nothing here.
std::string with_plain_spaces(std::string text) {
  constexpr std::string_view kNoBreakSpace = "\u00A0";
  for (std::size_t at = 0; (at = text.find(kNoBreakSpace, at)) != std::string::npos; ++at) {
    text.erase(at, kNoBreakSpace.size() - 1);
    text[at] = ' ';
  }
  return text;
}

class ProseWriter {
 public:
  void visit(const GumboNode& node) {
    if (node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_WHITESPACE ||
        node.type == GUMBO_NODE_CDATA) {
      const std::string text = with_plain_spaces(node.v.text.text);
      verbatim_ > 0 ? write_lines(text) : write_words(text);
    } else if (node.type == GUMBO_NODE_ELEMENT && !is_hidden(node.v.element)) {
      visit_element(node);
    }
  }

  std::string take() {
    end_line();
    return std::move(prose_);
  }

 private:
  void visit_element(const GumboNode& node) {
    const GumboTag tag = node.v.element.tag;
    const bool block = !contains(kInlineTags, tag);
    if (block) end_line();
    verbatim_ += tag == GUMBO_TAG_PRE ? 1 : 0;
    for (void* const child : children(node)) visit(*static_cast<const GumboNode*>(child));
    verbatim_ -= tag == GUMBO_TAG_PRE ? 1 : 0;
    if (block) end_line();
  }

  void write_lines(std::string_view text) {
    for (const char c : text) c == '\n' ? end_line() : prose_.push_back(c);
  }

  void write_words(std::string_view text) {
    for (const char c : text) {
      const bool blank = kBlankInHtml.find(c) != std::string_view::npos;
      if (!blank) {
        prose_.push_back(c);
      } else if (!prose_.empty() && kBlankInHtml.find(prose_.back()) == std::string_view::npos) {
        prose_.push_back(' ');
      }
    }
  }

  /// Lines have no blanks at their end, and none is empty.
  void end_line() {
    while (!prose_.empty() && kBlankInHtml.find(prose_.back()) != std::string_view::npos) {
      prose_.pop_back();
    }
    if (!prose_.empty()) prose_.push_back('\n');
  }

  std::string prose_;
  int verbatim_ = 0;
};

}  // namespace

std::string html_prose(std::string_view html) {
  GumboOutput* page = gumbo_parse_with_options(&kGumboDefaultOptions, html.data(), html.size());
  const GumboNode* main = find_main(*page->root);
  ProseWriter writer;
  writer.visit(main == nullptr ? *page->root : *main);
  gumbo_destroy_output(&kGumboDefaultOptions, page);
  return writer.take();
}

}  // namespace jest::studies

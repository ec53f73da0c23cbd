#include "report/html.hpp"

#include "jest/core/error.hpp"

namespace jest::apps::report {
namespace {

// Control characters other than tab and line ends are not allowed in HTML.
bool is_forbidden(char c) {
  const auto code = static_cast<unsigned char>(c);
  return (code < 0x20 && c != '\t' && c != '\n' && c != '\r') || code == 0x7f;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '&':
      out += "&amp;";
      return;
    case '<':
      out += "&lt;";
      return;
    case '>':
      out += "&gt;";
      return;
    case '"':
      out += "&quot;";
      return;
    case '\'':
      out += "&#39;";
      return;
    default:
      break;
  }
  if (is_forbidden(c)) {
    out += "\uFFFD";
  } else {
    out += c;
  }
}

Html group_row(const Table& content) {
  Html cells;
  for (const ColumnGroup& group : content.groups) {
    const std::string span = text("colspan=\"", group.columns, "\"");
    cells += element("th", group.title,
                     span + (group.title.empty() ? "" : " class=\"group\" scope=\"colgroup\""));
  }
  return content.groups.empty() ? Html() : element("tr", cells);
}

Html head_row(const Table& content) {
  Html cells;
  for (const Column& column : content.columns) {
    const bool is_text = column.align == Align::kText;
    cells +=
        element("th", column.title, is_text ? "class=\"text\" scope=\"col\"" : "scope=\"col\"");
  }
  return element("tr", cells);
}

Html body_row(const Table& content, const std::vector<Html>& row) {
  Html cells;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const bool last_of_short_row = i + 1 == row.size() && row.size() < content.columns.size();
    std::string attributes = i == 0 ? "scope=\"row\"" : "";
    if (last_of_short_row) {
      attributes += text(" class=\"text\" colspan=\"", content.columns.size() - i, "\"");
    } else if (i > 0 && content.columns[i].align == Align::kText) {
      attributes += "class=\"text\"";
    }
    cells += element(i == 0 ? "th" : "td", row[i], attributes);
  }
  return element("tr", cells);
}

}  // namespace

Html::Html(std::string_view text) {
  markup_.reserve(text.size());
  for (const char c : text) append_escaped(markup_, c);
}

Html Html::markup(std::string markup) {
  Html html;
  html.markup_ = std::move(markup);
  return html;
}

Html& Html::operator+=(const Html& more) {
  markup_ += more.markup_;
  return *this;
}

Html element(const char* name, const Html& content, const std::string& attributes) {
  const std::string space = attributes.empty() ? "" : " ";
  return Html::markup(text("<", name, space, attributes, ">", content.string(), "</", name, ">\n"));
}

std::string attribute(const char* name, const std::string& value) {
  return text(name, "=\"", Html(value).string(), "\"");
}

Html table(const Table& content) {
  Html body;
  for (const std::vector<Html>& row : content.rows) body += body_row(content, row);
  const Html head = element("thead", group_row(content) + head_row(content));
  return element("div", element("table", head + element("tbody", body)),
                 "class=\"scroll\" tabindex=\"0\"");
}

}  // namespace jest::apps::report

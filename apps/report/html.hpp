#pragma once
// HTML whose escaping cannot be forgotten: plain text becomes Html only by being escaped.

#include <string>
#include <string_view>
#include <vector>

namespace jest::apps::report {

/// A piece of markup. Text converts to it implicitly and is escaped on the way.
class Html {
 public:
  Html() = default;
  Html(std::string_view text);
  Html(const std::string& text) : Html(std::string_view(text)) {}
  Html(const char* text) : Html(std::string_view(text)) {}

  /// Takes `markup` as it is; for constants of this program, never for data.
  static Html markup(std::string markup);

  Html& operator+=(const Html& more);
  friend Html operator+(Html left, const Html& right) { return left += right; }
  const std::string& string() const { return markup_; }
  bool empty() const { return markup_.empty(); }

 private:
  std::string markup_;
};

/// <name attributes>content</name>; `attributes` is markup of this program.
Html element(const char* name, const Html& content, const std::string& attributes = "");

/// name="value" with the value escaped.
std::string attribute(const char* name, const std::string& value);

enum class Align { kText, kNumber };

struct Column {
  std::string title;
  Align align = Align::kNumber;
};

/// A heading over several columns.
struct ColumnGroup {
  std::string title;
  int columns = 1;
};

/// The first cell of a row is its heading. In a row with too few cells the last one spans the rest.
struct Table {
  std::vector<ColumnGroup> groups;
  std::vector<Column> columns;
  std::vector<std::vector<Html>> rows;
};

/// A table in a box of its own that scrolls sideways where the page is too narrow.
Html table(const Table& content);

}  // namespace jest::apps::report

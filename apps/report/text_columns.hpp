#pragma once
// Columns of plain text for a terminal.

#include <string>
#include <vector>

namespace jest::apps::report {

/// Characters of UTF-8 text, each taken to be one column wide.
int columns_of(const std::string& text);

/// The first column is aligned to the left, the others to the right. What does not fit ends in "…";
/// control characters do not reach the terminal.
class TextColumns {
 public:
  void add(const std::string& title, int width);
  void row(const std::vector<std::string>& cells);
  std::string string() const;

 private:
  std::string line(const std::vector<std::string>& cells) const;

  std::vector<std::string> titles_;
  std::vector<int> widths_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace jest::apps::report

#include "report/text_columns.hpp"

#include "printable.hpp"

namespace jest::apps::report {
namespace {

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

std::string clip(const std::string& cell, int width) {
  const bool too_long = columns_of(cell) > width;
  std::string clipped;
  int columns = 0;
  for (const char c : cell) {
    columns += starts_character(c);
    if (too_long && columns == width) return clipped + "…";
    clipped += c;
  }
  return clipped;
}

}  // namespace

int columns_of(const std::string& text) {
  int columns = 0;
  for (const char c : text) columns += starts_character(c);
  return columns;
}

void TextColumns::add(const std::string& title, int width) {
  titles_.push_back(title);
  widths_.push_back(width);
}

void TextColumns::row(const std::vector<std::string>& cells) { rows_.push_back(cells); }

std::string TextColumns::string() const {
  std::string out = line(titles_);
  for (const auto& cells : rows_) out += line(cells);
  return out;
}

std::string TextColumns::line(const std::vector<std::string>& cells) const {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = clip(printable(cells[i]), i == 0 ? widths_[i] : widths_[i] - 1);
    const std::string padding(widths_[i] - columns_of(cell), ' ');
    out += i == 0 ? cell + padding : padding + cell;
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out + "\n";
}

}  // namespace jest::apps::report

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <map>

#include "prepare/prepared_folder.hpp"
#include "printable.hpp"

namespace jest::studies {
namespace {

using Counts = std::vector<std::size_t>;
using Strings = std::vector<std::string>;

constexpr std::size_t kLeastWidth = 10;

/// pool, of "pool.safetensors" and of "pool/perl.bin".
std::string column_of(const std::string& table) {
  return table.substr(0, table.find_first_of("./"));
}

Strings columns_of(const PreparedFolder& folder) {
  Strings columns;
  for (const std::string& table : folder.tables) {
    if (columns.empty() || columns.back() != column_of(table)) columns.push_back(column_of(table));
  }
  return columns;
}

/// What a table has of each tag. A file of a folder is of the tag that it is named after; a table
/// without tags has a line of its own name.
std::map<std::string, std::size_t> counts_of(const std::string& table,
                                             const nlohmann::ordered_json& entry,
                                             const std::string& counted) {
  if (entry.contains("tags")) return entry.at("tags");
  const std::size_t slash = table.find('/');
  const std::string file = slash == table.npos ? table : table.substr(slash + 1);
  return {{file.substr(0, file.rfind('.')), entry.at(counted)}};
}

class SummaryTable {
 public:
  SummaryTable(const Strings& columns, std::size_t tag_width) : tag_width_(tag_width) {
    std::cout << std::left << std::setw(width(tag_width_)) << "tag" << std::right;
    for (const std::string& column : columns) {
      widths_.push_back(std::max(kLeastWidth, column.size() + 2));
      std::cout << std::setw(width(widths_.back())) << column;
    }
    std::cout << '\n';
  }

  void print_line(const std::string& name, const Counts& counts) const {
    std::cout << std::left << std::setw(width(tag_width_)) << name << std::right;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      std::cout << std::setw(width(widths_[i])) << counts[i];
    }
    std::cout << '\n';
  }

 private:
  static int width(std::size_t characters) { return static_cast<int>(characters); }

  std::size_t tag_width_;
  std::vector<std::size_t> widths_;
};

}  // namespace

void print_summary(const PreparedFolder& folder, const nlohmann::ordered_json& manifest) {
  const Strings columns = columns_of(folder);
  std::map<std::string, Counts> lines;
  Counts totals(columns.size());
  std::size_t tag_width = 12;
  for (const std::string& table : folder.tables) {
    const auto& entry = manifest.at("files").at(table);
    const auto column = std::ranges::find(columns, column_of(table)) - columns.begin();
    totals[column] += entry.at(folder.counted).get<std::size_t>();
    for (const auto& [name, count] : counts_of(table, entry, folder.counted)) {
      const std::string tag = apps::printable(name);
      lines.try_emplace(tag, totals.size()).first->second[column] += count;
      tag_width = std::max(tag_width, tag.size() + 1);
    }
  }
  const SummaryTable table(columns, tag_width);
  for (const auto& [tag, counts] : lines) table.print_line(tag, counts);
  table.print_line("all", totals);
}

}  // namespace jest::studies

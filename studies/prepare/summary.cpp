#include <algorithm>
#include <iomanip>
#include <iostream>
#include <map>

#include "prepare/prepared_folder.hpp"
#include "printable.hpp"

namespace jest::studies {
namespace {

using Counts = std::vector<std::size_t>;

constexpr std::size_t kLeastWidth = 10;

std::string stem(const std::string& table) { return table.substr(0, table.find('.')); }

class SummaryTable {
 public:
  SummaryTable(const PreparedFolder& folder, std::size_t tag_width) : tag_width_(tag_width) {
    std::cout << std::left << std::setw(width(tag_width_)) << "tag" << std::right;
    for (const std::string& table : folder.tables) {
      widths_.push_back(std::max(kLeastWidth, stem(table).size() + 2));
      std::cout << std::setw(width(widths_.back())) << stem(table);
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
  std::map<std::string, Counts> lines;
  Counts totals(folder.tables.size());
  std::size_t tag_width = 12;
  for (std::size_t i = 0; i < totals.size(); ++i) {
    const auto& table = manifest.at("files").at(folder.tables[i]);
    totals[i] = table.at("rows");
    for (const auto& [name, count] : table.at("tags").items()) {
      const std::string tag = apps::printable(name);
      lines.try_emplace(tag, totals.size()).first->second[i] = count;
      tag_width = std::max(tag_width, tag.size() + 1);
    }
  }
  const SummaryTable table(folder, tag_width);
  for (const auto& [tag, counts] : lines) table.print_line(tag, counts);
  table.print_line("all", totals);
}

}  // namespace jest::studies

#include "report/summary_table.hpp"

#include <array>
#include <cmath>

#include "report/arm_results.hpp"
#include "report/number_format.hpp"

namespace jest {
namespace {

constexpr std::array<int, 8> kWidths = {21, 8, 7, 7, 8, 10, 8, 11};  // 80 in all

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

int columns_of(const std::string& cell) {
  int columns = 0;
  for (const char c : cell) columns += starts_character(c);
  return columns;
}

// What does not fit ends in "…"; control characters do not reach the terminal.
std::string clip(const std::string& cell, int width) {
  const bool too_long = columns_of(cell) > width;
  std::string clipped;
  int columns = 0;
  for (const char c : cell) {
    columns += starts_character(c);
    if (too_long && columns == width) return clipped + "…";
    clipped += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  }
  return clipped;
}

using Row = std::array<std::string, kWidths.size()>;

std::string line(const Row& row) {
  std::string out;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string cell = clip(row[i], i == 0 ? kWidths[i] : kWidths[i] - 1);
    const std::string padding(kWidths[i] - columns_of(cell), ' ');
    out += i == 0 ? cell + padding : padding + cell;
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out + "\n";
}

Row row_of(const ArmResult& result, const ArmResult* uniform) {
  const double relative = uniform ? against_uniform(result, *uniform).run_flops : kUnknown;
  return {result.arm,
          grouped(result.steps.median),
          fixed(result.r_at_1.median, 3),
          fixed(result.r_at_10.median, 3),
          std::isfinite(relative) ? fixed(relative, 2) + "x" : kNoValue,
          fixed(result.seconds.median, 1),
          percent(result.selection_share.median),
          percent(result.target_share.median)};
}

}  // namespace

std::string summary_table(const nlohmann::json& summary) {
  const Experiment experiment = parse_summary(summary, "summary");
  const std::vector<ArmResult> results = arm_results(experiment);
  const ArmResult* uniform = find_arm(results, kUniform);
  const bool tagged = !experiment.target_tag.empty();
  Row head = {"arm", "steps", "R@1", "R@10", "FLOPs", "seconds", "select", ""};
  if (tagged) head.back() = "tag " + experiment.target_tag;
  std::string out = line(head);
  for (const ArmResult& result : results) {
    Row row = row_of(result, uniform);
    if (!tagged) row.back().clear();
    out += line(row);
  }
  if (!uniform) out += "uniform was not run: FLOPs have nothing to be relative to\n";
  out += "medians over seeds; FLOPs of the run relative to uniform; seconds without\n";
  out += "evaluation; select: the sampler's share of a step";
  return out + (tagged ? "; tag: its share of all picks\n" : "\n");
}

}  // namespace jest

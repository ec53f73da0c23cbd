#include <algorithm>
#include <cmath>
#include <set>

#include "jest/core/error.hpp"
#include "report/number_format.hpp"
#include "report/sections.hpp"
#include "report/shell_words.hpp"

namespace jest::apps::report {
namespace {

std::string or_dash(const std::string& content) { return content.empty() ? kNoValue : content; }

bool uses_part(const DataFile& file) { return file.evaluated < file.rows; }

std::string rows_text(const DataFile& file) {
  return uses_part(file) ? text(grouped(file.evaluated), " of ", grouped(file.rows))
                         : grouped(file.rows);
}

Html part_note(const Experiment& experiment) {
  if (std::ranges::none_of(experiment.evals, uses_part)) return Html();
  return element("p", "n of N rows: evaluations use n of them, spread over the file.",
                 "class=\"fine\"");
}

Html data_table(const Experiment& experiment) {
  Table content{.groups = {},
                .columns = {{"Data", Align::kText},
                            {"File", Align::kText},
                            {"Rows"},
                            {"Checksum", Align::kText}},
                .rows = {}};
  const auto add = [&](const std::string& name, const DataFile& file) {
    content.rows.push_back({name, element("code", or_dash(file.path)), rows_text(file),
                            element("code", or_dash(file.checksum))});
  };
  add("curated", experiment.curated);
  add("pool", experiment.pool);
  for (const DataFile& file : experiment.evals) {
    add("evaluation" + (file.name.empty() ? "" : ", " + file.name), file);
  }
  return table(content);
}

std::string setting(const char* name, double value) {
  if (!std::isfinite(value)) return "";
  return text(name, " ", value >= 1000 ? grouped(value) : trimmed(value, 4));
}

std::string settings(const Experiment& experiment) {
  const std::string all[] = {setting("super-batch", experiment.super_batch),
                             setting("sub-batch", experiment.count),
                             setting("chunks", experiment.chunks),
                             setting("gain", experiment.gain),
                             setting("interaction", experiment.interaction),
                             setting("interaction from step", experiment.interaction_start)};
  std::string joined;
  for (const std::string& one : all) {
    if (!one.empty()) joined += (joined.empty() ? "" : " · ") + one;
  }
  return joined;
}

std::string seeds(const Experiment& experiment) {
  std::set<std::uint64_t> distinct;
  for (const Run& run : experiment.runs) distinct.insert(run.seed);
  std::string joined;
  for (const std::uint64_t seed : distinct) joined += text(joined.empty() ? "" : ", ", seed);
  return joined;
}

// Lines break between words only, never after the hyphens of an option.
Html command_line(const std::string& command) {
  Html line;
  for (const std::string& word : shell_words(command)) line += element("span", word) + Html(" ");
  return element("pre", element("code", line));
}

}  // namespace

Html definition(const std::string& term, const Html& meaning) {
  return element("dt", term) + element("dd", meaning);
}

Html reproduce_section(const Study& study) {
  const Experiment& experiment = study.experiment;
  const Html command = experiment.command.empty()
                           ? element("p", "The command was not recorded.", "class=\"absent\"")
                           : command_line(experiment.command);
  return element("h3", "How to reproduce") + command +
         element("dl",
                 definition("Version", or_dash(experiment.version)) +
                     definition("Seeds", seeds(experiment)) +
                     definition("Selection", or_dash(settings(experiment))),
                 "class=\"facts\"") +
         data_table(experiment) + part_note(experiment);
}

}  // namespace jest::apps::report

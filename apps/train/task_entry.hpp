#pragma once
// How a task registers itself: its commands, made of its options' rows.

#include <memory>

#include "train/experiment.hpp"
#include "train/probe/probe_run.hpp"
#include "train/tasks.hpp"

namespace jest::apps::train {

/// One row of a Markdown table.
template <class O>
std::string markdown_row(const OptionRow<O>& row, const O& defaults) {
  std::string help = row.help;
  for (char& c : help) c = c == '\n' ? ' ' : c;
  std::string marks = row.is(kOfArm) ? "arm" : "";
  if (row.is(kOfResult)) marks += marks.empty() ? "result" : ", result";
  std::string value = row.value ? row.value(defaults).dump() : "";
  if (value == "null" || value == "\"\"" || value == "[]") value.clear();
  return text("| `", row.flag, "` | ", value, " | ", marks, " | ", help, " |\n");
}

template <class O>
std::string option_table_of() {
  const O defaults;
  std::string table = "| option | default | | |\n|---|---|---|---|\n";
  for (const auto& row : common_rows(O::words())) {
    table += markdown_row<ExperimentOptions>(row, defaults);
  }
  for (const auto& row : cached_rows(O::words())) {
    table += markdown_row<CachedReferenceOptions>(row, defaults);
  }
  for (const auto& row : O::own_rows()) table += markdown_row<O>(row, defaults);
  return table;
}

template <Task T>
void add_training(CLI::App& app, const char* description, const std::string& command_line,
                  const AfterRun& after) {
  using Options = typename T::Options;
  CLI::App* command = app.add_subcommand(T::kName, description);
  const auto options = std::make_shared<Options>();
  options->command = command_line;
  add_options(*command, *options);
  command->footer(arms_help(&Options::knows));
  command->fallthrough();
  command->callback([options, after] {
    if (run_experiment<T>(*options)) after(options->out);
  });
}

template <Task T>
TaskEntry task_entry(const char* description, const char* probe_description = nullptr) {
  TaskEntry entry{.name = T::kName};
  entry.add_training = [description](CLI::App& app, const std::string& line,
                                     const AfterRun& after) {
    add_training<T>(app, description, line, after);
  };
  if (probe_description) {
    entry.add_probe = [probe_description](CLI::App& probe, const std::string& line) {
      add_task_probe<T>(probe, probe_description, line);
    };
  }
  entry.option_table = &option_table_of<typename T::Options>;
  return entry;
}

}  // namespace jest::apps::train

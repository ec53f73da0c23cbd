#pragma once
// The tasks that jest-train knows, each with what main() needs of it.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace jest::apps::train {

/// Called with the folder of a run that has finished.
using AfterRun = std::function<void(const std::filesystem::path&)>;

/// A task registers itself by one of these (train/task_entry.hpp) and a line of tasks().
struct TaskEntry {
  std::string name;
  /// Adds the training command to the program; `command_line` goes into summaries.
  std::function<void(CLI::App& app, const std::string& command_line, const AfterRun& after)>
      add_training = {};
  /// Adds the probe's command to `jest-train probe`; empty where the task has none.
  std::function<void(CLI::App& probe, const std::string& command_line)> add_probe = {};
  /// Rows of a Markdown table of its options.
  std::function<std::string()> option_table = {};
};

const std::vector<TaskEntry>& tasks();

TaskEntry pairs_entry();
TaskEntry images_entry();
TaskEntry labels_entry();
TaskEntry text_entry();
TaskEntry tokens_entry();

/// The options of every task as Markdown: docs/options.md.
std::string option_tables();

}  // namespace jest::apps::train

// The list of tasks, and the page of their options.

#include "train/tasks.hpp"

namespace jest::apps::train {

const std::vector<TaskEntry>& tasks() {
  static const std::vector<TaskEntry> kTasks = {pairs_entry(), images_entry(), labels_entry(),
                                                text_entry(), tokens_entry()};
  return kTasks;
}

std::string option_tables() {
  std::string page =
      "# Options of jest-train\n\n"
      "Written by `jest-train options`. An option marked *arm* may stand in an arm's name, as in\n"
      "`--arms joint:steps=500:gain=50`; one marked *result* is a part of a run's identity: "
      "`--resume`\n"
      "goes on only where all of them are the same. Every option may stand in a TOML file, "
      "`--config`, alone or\n"
      "in a table that names the command (`[pairs]`, `[probe.text]`); what the command line says "
      "counts first.\n";
  for (const TaskEntry& task : tasks()) {
    page += "\n## jest-train " + task.name + "\n\n" + task.option_table();
  }
  return page;
}

}  // namespace jest::apps::train

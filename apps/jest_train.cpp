// jest-train: trains learners fed by different selections, and reports what came of it.

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <filesystem>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "config_file.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/methods/methods.hpp"
#include "report/report.hpp"
#include "report/shell_words.hpp"
#include "report/summary_table.hpp"
#include "train/probe/probe.hpp"
#include "train/tasks.hpp"
#include "utf8.hpp"

namespace {

namespace report = jest::apps::report;
namespace train = jest::apps::train;

/// Activations of a super-batch come and go with every step. What is freed stays with the process:
/// the system would take it back and clear every page anew. For glibc.
void keep_freed_memory() {
#ifdef M_TRIM_THRESHOLD
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that it takes
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}

std::string joined(int argc, char** argv) {
  std::string command = "jest-train";
  for (int k = 1; k < argc; ++k)
    command.append(" ").append(report::shell_quoted(jest::apps::utf8_of(argv[k])));
  return command;
}

/// Names of arms and the like are recorded as they stand.
void take_utf8_alone(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_type_name() == "TEXT") option->check(jest::apps::utf8_fault);
  }
  for (CLI::App* command : app.get_subcommands({})) take_utf8_alone(*command);
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();
  CLI::App app{"Trains learners that are fed by example selection, and reports what came of it.",
               "jest-train"};
  app.set_version_flag("--version", JEST_VERSION);
  app.require_subcommand(1);

  const std::string command_line = joined(argc, argv);
  for (const train::TaskEntry& task : train::tasks()) {
    task.add_training(app, command_line, [](const std::filesystem::path& out) {
      std::cout << report::summary_table(
          nlohmann::json::parse(jest::read_file(out / "summary.json")));
    });
  }
  train::add_probe(app, command_line);
  app.add_subcommand("methods", "Print the methods by name, as Markdown")->callback([] {
    std::cout << jest::method_table(jest::kMethods);
  });
  app.add_subcommand("options", "Print every option, as Markdown")->callback([] {
    std::cout << train::option_tables();
  });
  std::string config;
  app.add_option("--config", config, "TOML file with options of the command")->type_name("FILE");

  std::vector<std::filesystem::path> folders;
  CLI::App* page = app.add_subcommand("report", "Write DIR/report.html from finished runs");
  page->add_option("DIR", folders, "Folders that runs left; the first gets the report")
      ->type_name("PATH")
      ->required();
  page->callback([&] {
    if (folders.empty()) jest::refuse("report", "a folder", "none");
    const std::filesystem::path output = folders.front() / "report.html";
    report::write_report(folders, output);
    std::cout << jest::apps::printable(output.string()) << '\n';
  });
  take_utf8_alone(app);
  return jest::apps::run_program(app, argc, argv, [](auto& line, auto& places) {
    const auto file = line.given.find("--config");
    const bool names_command = line.command->get_parent() != nullptr;
    if (file != line.given.end() && names_command) {
      jest::apps::add_config_file(file->second, line, places);
    }
  });
}

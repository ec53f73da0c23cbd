// jest-train: trains learners fed by different selections, and reports what came of it.

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <filesystem>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/methods/methods.hpp"
#include "report/report.hpp"
#include "report/shell_words.hpp"
#include "report/summary_table.hpp"
#include "train/probe/probe.hpp"
#include "train/tasks.hpp"

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
  for (int k = 1; k < argc; ++k) command.append(" ").append(report::shell_quoted(argv[k]));
  return command;
}

/// The command that was given, below those above it: {"pairs"}, {"probe", "text"}.
std::vector<std::string> given_command(CLI::App* app, int argc, char** argv) {
  std::vector<std::string> names;
  for (int k = 1; k < argc; ++k) {
    for (CLI::App* command : app->get_subcommands({})) {
      if (command->get_name() != argv[k]) continue;
      names.push_back(argv[k]);
      app = command;
      break;
    }
  }
  return names;
}

/// The keys of a configuration file are options of the command that was given.
class CommandConfig : public CLI::ConfigTOML {
 public:
  explicit CommandConfig(std::vector<std::string> command) : command_(std::move(command)) {}

  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    auto items = CLI::ConfigTOML::from_config(input);
    for (CLI::ConfigItem& item : items) {
      if (item.parents.empty()) item.parents = command_;
    }
    return items;
  }

 private:
  std::vector<std::string> command_;
};

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
  app.config_formatter(std::make_shared<CommandConfig>(given_command(&app, argc, argv)));
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.set_config("--config", "", "TOML file with options of the command");

  std::vector<std::filesystem::path> folders;
  CLI::App* page = app.add_subcommand("report", "Write DIR/report.html from finished runs");
  page->add_option("DIR", folders, "Folders that runs left; the first gets the report")->required();
  page->callback([&] {
    const std::filesystem::path output = folders.front() / "report.html";
    report::write_report(folders, output);
    std::cout << output.string() << '\n';
  });
  return jest::apps::run_program(app, argc, argv);
}

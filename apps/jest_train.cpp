// jest-train: trains learners fed by different selections, and reports what came of it.

#include <filesystem>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "jest/io/atomic_file.hpp"
#include "report/report.hpp"
#include "report/summary_table.hpp"
#include "train/experiment.hpp"

namespace {

std::string joined(int argc, char** argv) {
  std::string command = "jest-train";
  for (int k = 1; k < argc; ++k) command += std::string(" ") + argv[k];
  return command;
}

/// The keys of a configuration file are options of `pairs`.
class PairsConfig : public CLI::ConfigTOML {
 public:
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    auto items = CLI::ConfigTOML::from_config(input);
    for (CLI::ConfigItem& item : items) {
      if (item.parents.empty()) item.parents = {"pairs"};
    }
    return items;
  }
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Trains learners that are fed by example selection, and reports what came of it.",
               "jest-train"};
  app.set_version_flag("--version", JEST_VERSION);
  app.require_subcommand(1);

  jest::PairsOptions options;
  options.command = joined(argc, argv);
  CLI::App* pairs = app.add_subcommand("pairs", "Train two text towers on a pool of text pairs");
  jest::add_options(*pairs, options);
  pairs->fallthrough()->allow_config_extras(CLI::config_extras_mode::error);
  app.config_formatter(std::make_shared<PairsConfig>());
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.set_config("--config", "", "TOML file with options of `pairs`");
  pairs->callback([&] {
    jest::run_pairs(options);
    const std::string summary = jest::read_file(options.out / "summary.json");
    std::cout << jest::summary_table(nlohmann::json::parse(summary));
  });

  std::vector<std::filesystem::path> folders;
  CLI::App* report = app.add_subcommand("report", "Write DIR/report.html from finished runs");
  report->add_option("DIR", folders, "Folders that `pairs` wrote; the report goes to the first")
      ->required();
  report->callback([&] {
    const std::filesystem::path output = folders.front() / "report.html";
    jest::write_report(folders, output);
    std::cout << output.string() << '\n';
  });
  return jest::run_program(app, argc, argv);
}

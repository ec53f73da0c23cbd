#include "prepare/apt_folder.hpp"

#include <sstream>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest::studies {
namespace {

void write_targets(std::ostream& out, const AptTargets& targets) {
  const auto enable = [&](const char* target, bool wanted) {
    out << "Acquire::IndexTargets::" << target << "::DefaultEnabled \""
        << (wanted ? "true" : "false") << "\";\n";
  };
  enable("deb-src::Sources", false);
  enable("deb::Packages", targets.packages);
  enable("deb::Translations", !targets.languages.empty());
  out << "Acquire::Languages { ";
  for (const std::string& language : targets.languages) out << '"' << language << "\"; ";
  if (targets.languages.empty()) out << "\"none\"; ";
  out << "};\n";
}

}  // namespace

std::string apt_configuration(const std::filesystem::path& folder, const AptTargets& targets) {
  std::ostringstream out;
  // Options given on the command line append to a list that the system's configuration began, for
  // instance with "none"; only a configuration file can clear it. The hooks would touch the system.
  for (const char* list : {"Acquire::Languages", "APT::Update::Pre-Invoke",
                           "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success"}) {
    out << "#clear " << list << ";\n";
  }
  write_targets(out, targets);
  out << "Dir::State::Lists \"" << (folder / "lists").string() << "\";\n"
      << "Dir::Cache \"" << (folder / "cache").string() << "\";\n";
  out << "Acquire::GzipIndexes \"false\";\n"
         "Acquire::IndexTargets::deb::Translations::KeepCompressed \"false\";\n"
         "Acquire::http::Timeout \"30\";\n"
         "Acquire::https::Timeout \"30\";\n"
         // Otherwise apt, when run by root, hands its downloads to a user who cannot enter here.
         "APT::Sandbox::User \"root\";\n";
  return std::move(out).str();
}

ChildOutput update_apt(const std::filesystem::path& folder, const AptTargets& targets) {
  std::filesystem::create_directories(folder / "lists" / "partial");
  std::filesystem::create_directories(folder / "cache" / "archives" / "partial");
  write_file(apt_configuration_file(folder), apt_configuration(folder, targets));
  ChildOutput output =
      run_child({"apt-get", "-c", apt_configuration_file(folder).string(), "update"});
  if (output.exit_status >= kEndedBySignal) {
    refuse("apt-get update", "it to end by itself", first_error(output));
  }
  return output;
}

std::filesystem::path apt_configuration_file(const std::filesystem::path& folder) {
  return folder / "apt.conf";
}

std::string first_error(const ChildOutput& output) {
  std::istringstream lines(output.text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("E: ") || line.starts_with("W: ")) return line.substr(3);
  }
  return "exit status " + std::to_string(output.exit_status);
}

}  // namespace jest::studies

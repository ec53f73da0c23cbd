#include "data/apt_index.hpp"

#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <sstream>
#include <system_error>

#include "data/child_process.hpp"
#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest {
namespace {

constexpr std::string_view kMarker = "_i18n_Translation-";

[[noreturn]] void indexes_missing(const std::string& reason) {
  throw Error(text("translations: apt's indexes cannot be had (", reason,
                   "); any TSV of your own will do: jest-train pairs --curated/--pool/--eval"));
}

/// apt writes '_' inside a part of a URI as "%5f".
std::string unescaped(const std::string& name) {
  std::string plain;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool underscore = name.compare(i, 3, "%5f") == 0 || name.compare(i, 3, "%5F") == 0;
    plain += underscore ? '_' : name[i];
    i += underscore ? 2 : 0;
  }
  return plain;
}

std::string release_date(const std::filesystem::path& lists, const std::string& index_name) {
  for (const auto& entry : std::filesystem::directory_iterator(lists)) {
    const std::string name = entry.path().filename().string();
    const std::size_t end = name.rfind("_InRelease") == std::string::npos
                                ? name.rfind("_Release")
                                : name.rfind("_InRelease");
    if (end == std::string::npos || index_name.compare(0, end + 1, name, 0, end + 1) != 0) continue;
    std::istringstream lines(read_file(entry.path()));
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("Date: ")) return line.substr(6);
    }
  }
  return {};
}

/// apt's own words for what went wrong: its first error line.
std::string first_error(const ChildOutput& output) {
  std::istringstream lines(output.text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("E: ") || line.starts_with("W: ")) return line.substr(3);
  }
  return text("apt-get exit status ", output.exit_status);
}

ChildOutput run_apt(const std::filesystem::path& configuration) {
  try {
    return run_child({"apt-get", "-c", configuration.string(), "update"});
  } catch (const Error& error) {
    indexes_missing(error.what());
  }
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "jest-data-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    refuse("make a temporary folder", "a writable " + name, std::strerror(errno));
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string apt_configuration(const std::filesystem::path& folder, const Languages& languages) {
  std::ostringstream out;
  // Options given on the command line append to a list that the system's configuration began, for
  // instance with "none"; only a configuration file can clear it. The hooks would touch the system.
  for (const char* list : {"Acquire::Languages", "APT::Update::Pre-Invoke",
                           "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success"}) {
    out << "#clear " << list << ";\n";
  }
  out << "Acquire::Languages { \"en\"; ";
  for (const std::string& language : languages) out << '"' << language << "\"; ";
  out << "};\n";
  out << "Dir::State::Lists \"" << (folder / "lists").string() << "\";\n"
      << "Dir::Cache \"" << (folder / "cache").string() << "\";\n";
  for (const char* unneeded : {"deb::Packages", "deb-src::Sources"}) {
    out << "Acquire::IndexTargets::" << unneeded << "::DefaultEnabled \"false\";\n";
  }
  out << "Acquire::GzipIndexes \"false\";\n"
         "Acquire::IndexTargets::deb::Translations::DefaultEnabled \"true\";\n"
         "Acquire::IndexTargets::deb::Translations::KeepCompressed \"false\";\n"
         "Acquire::http::Timeout \"30\";\n"
         "Acquire::https::Timeout \"30\";\n"
         // Otherwise apt, when run by root, hands its downloads to a user who cannot enter here.
         "APT::Sandbox::User \"root\";\n";
  return std::move(out).str();
}

std::vector<AptIndex> find_indexes(const std::filesystem::path& lists) {
  std::vector<AptIndex> indexes;
  for (const auto& entry : std::filesystem::directory_iterator(lists)) {
    const std::string name = entry.path().filename().string();
    const std::size_t marker = name.find(kMarker);
    if (marker == std::string::npos || !entry.is_regular_file()) continue;
    indexes.push_back(
        {unescaped(name.substr(marker + kMarker.size())), entry.path(), release_date(lists, name)});
  }
  std::ranges::sort(indexes, {}, &AptIndex::path);
  return indexes;
}

std::vector<AptIndex> fetch_indexes(const std::filesystem::path& folder,
                                    const Languages& languages) {
  std::filesystem::create_directories(folder / "lists" / "partial");
  std::filesystem::create_directories(folder / "cache" / "archives" / "partial");
  const std::filesystem::path configuration = folder / "apt.conf";
  write_file(configuration, apt_configuration(folder, languages));
  const ChildOutput output = run_apt(configuration);

  std::vector<AptIndex> indexes = find_indexes(folder / "lists");
  std::set<std::string> arrived;
  for (const AptIndex& index : indexes) arrived.insert(index.language);
  Languages wanted = languages;
  wanted.insert(wanted.begin(), "en");
  for (const std::string& language : wanted) {
    if (!arrived.contains(language)) {
      indexes_missing(text("no Translation-", language, ": ", first_error(output)));
    }
  }
  return indexes;
}

}  // namespace jest

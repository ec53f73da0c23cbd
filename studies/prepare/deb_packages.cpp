#include "prepare/deb_packages.hpp"

#include <algorithm>
#include <map>
#include <sstream>

#include "jest/core/error.hpp"
#include "prepare/apt_folder.hpp"
#include "prepare/child_process.hpp"

namespace jest::studies {
namespace {

using Command = std::vector<std::string>;

// A package's files come as a stream, and tar takes what is asked for: some packages are half a
// gigabyte unpacked, of which a few files are wanted. Bash tells of either end that fails.
constexpr const char* kUnpack = "deb=$1; shift; dpkg-deb --fsys-tarfile \"$deb\" | tar \"$@\"";

/// "name_1%3a2.0-1_all.deb", with apt's escape of the colon.
DebPackage package_of_file(const std::filesystem::path& path) {
  const std::string file = path.filename().string();
  const std::size_t name_end = file.find('_');
  const std::string version = file.substr(name_end + 1, file.rfind('_') - name_end - 1);
  const std::size_t colon = version.find("%3a");
  const std::string plain = colon == std::string::npos
                                ? version
                                : text(version.substr(0, colon), ':', version.substr(colon + 3));
  return {file.substr(0, name_end), plain, path};
}

}  // namespace

std::set<std::string> known_packages(const std::filesystem::path& folder) {
  const ChildOutput output =
      run_child({"apt-cache", "-c", apt_configuration_file(folder).string(), "pkgnames"});
  if (output.exit_status != 0) {
    refuse("apt-cache pkgnames", "the names of all packages", first_error(output));
  }
  std::istringstream lines(output.text);
  std::set<std::string> names;
  for (std::string line; std::getline(lines, line);) names.insert(line);
  return names;
}

std::vector<DebPackage> fetch_packages(const std::filesystem::path& folder,
                                       const std::vector<std::string>& names) {
  const auto packages = folder / "packages";
  std::filesystem::create_directories(packages);
  // apt-get downloads to where it is started.
  Command command = {"env",     "-C", packages.string(),
                     "apt-get", "-c", apt_configuration_file(folder).string(),
                     "download"};
  command.insert(command.end(), names.begin(), names.end());
  const ChildOutput output = run_child(command);

  std::map<std::string, DebPackage> arrived;
  for (const auto& entry : std::filesystem::directory_iterator(packages)) {
    const DebPackage package = package_of_file(entry.path());
    arrived[package.name] = package;
  }
  std::vector<DebPackage> wanted;
  for (const std::string& name : names) {
    if (!arrived.contains(name)) refuse("apt-get download", name, first_error(output));
    wanted.push_back(arrived[name]);
  }
  if (output.exit_status != 0) refuse("apt-get download", "whole packages", first_error(output));
  return wanted;
}

std::vector<PackageFile> unpack(const DebPackage& package, const FilePatterns& patterns,
                                const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  Command command = {"bash",
                     "-o",
                     "pipefail",
                     "-c",
                     kUnpack,
                     "bash",
                     package.path.string(),
                     "-x",
                     "-C",
                     folder.string(),
                     "--no-same-owner",
                     "--no-same-permissions",
                     "--wildcards"};
  for (const std::string& pattern : patterns.exclude) command.push_back("--exclude=" + pattern);
  command.insert(command.end(), patterns.include.begin(), patterns.include.end());
  const ChildOutput output = run_child(command);
  if (output.exit_status != 0) {
    refuse("unpack " + package.path.filename().string(), "the files this program knows",
           output.text.substr(0, output.text.find('\n')));
  }
  std::vector<PackageFile> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.is_symlink()) continue;
    files.push_back({entry.path().lexically_relative(folder).string(), entry.path()});
  }
  std::ranges::sort(files, {}, &PackageFile::name);
  return files;
}

nlohmann::ordered_json describe_packages(const std::vector<DebPackage>& packages) {
  auto list = nlohmann::ordered_json::array();
  for (const DebPackage& package : packages) {
    list.push_back({{"name", package.name},
                    {"version", package.version},
                    {"bytes", std::filesystem::file_size(package.path)},
                    {"sha256", file_sha256(package.path.string())}});
  }
  return list;
}

}  // namespace jest::studies

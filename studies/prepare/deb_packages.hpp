#pragma once
// Debian packages, downloaded and taken apart in a private folder. Nothing is installed.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace jest::studies {

struct DebPackage {
  std::string name;
  std::string version;
  std::filesystem::path path;  // of the .deb file
};

/// The packages that a folder prepared by update_apt() knows.
std::set<std::string> known_packages(const std::filesystem::path& folder);

/// Downloads packages into such a folder; in the order of `names`. Throws jest::Error when one of
/// them cannot be had.
std::vector<DebPackage> fetch_packages(const std::filesystem::path& folder,
                                       const std::vector<std::string>& names);

/// Shell patterns of paths as they stand in a package: "./usr/share/...". '*' crosses slashes.
struct FilePatterns {
  std::vector<std::string> include;
  std::vector<std::string> exclude;
};

/// A file of a package.
struct PackageFile {
  std::string name;            // its path in the package
  std::filesystem::path path;  // where it was unpacked
};

/// Unpacks what matches into `folder`, which is made, and hands back the regular files in order of
/// name. Throws where a pattern matches nothing: the package looks other than it did.
std::vector<PackageFile> unpack(const DebPackage& package, const FilePatterns& patterns,
                                const std::filesystem::path& folder);

/// What the data were made from, for the manifest.
nlohmann::ordered_json describe_packages(const std::vector<DebPackage>& packages);

}  // namespace jest::studies

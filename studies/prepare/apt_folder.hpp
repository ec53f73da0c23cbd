#pragma once
// A private folder for apt-get: the system's own lists stay untouched, and no root rights are
// needed.

#include <filesystem>
#include <string>
#include <vector>

#include "prepare/child_process.hpp"

namespace jest::studies {

/// Languages of package descriptions, English ("en") among them where it is wanted.
using Languages = std::vector<std::string>;

/// What to fetch from every source that the system is configured for.
struct AptTargets {
  Languages languages;
  bool packages = false;  // the lists of packages, needed to download any
};

/// The configuration that fetches `targets`, and nothing else, into `folder`/lists.
std::string apt_configuration(const std::filesystem::path& folder, const AptTargets& targets);

/// Runs `apt-get update` in `folder` and hands back what it said. A third-party source may fail, so
/// the caller looks at what arrived. Throws jest::Error where there is no apt-get, or a signal
/// ended it.
ChildOutput update_apt(const std::filesystem::path& folder, const AptTargets& targets);

/// The configuration that update_apt() left in `folder`.
std::filesystem::path apt_configuration_file(const std::filesystem::path& folder);

/// apt's own words for what went wrong: its first error line.
std::string first_error(const ChildOutput& output);

}  // namespace jest::studies

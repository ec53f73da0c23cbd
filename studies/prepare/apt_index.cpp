#include "prepare/apt_index.hpp"

#include <algorithm>
#include <set>
#include <sstream>
#include <utility>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest::studies {
namespace {

constexpr std::string_view kMarker = "_i18n_Translation-";

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

}  // namespace

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
                                    const AptTargets& targets) {
  const ChildOutput output = update_apt(folder, targets);
  std::vector<AptIndex> indexes = find_indexes(folder / "lists");
  std::set<std::string> arrived;
  for (const AptIndex& index : indexes) arrived.insert(index.language);
  for (const std::string& language : targets.languages) {
    if (!arrived.contains(language)) {
      refuse("apt-get update", "a Translation-" + language, first_error(output));
    }
  }
  return indexes;
}

Descriptions read_descriptions(const std::vector<AptIndex>& indexes, const std::string& language) {
  Descriptions all;
  for (const AptIndex& index : indexes) {
    if (index.language != language) continue;
    all = add_descriptions(std::move(all), read_file(index.path), language);
  }
  return all;
}

nlohmann::ordered_json describe_indexes(const std::vector<AptIndex>& indexes) {
  auto list = nlohmann::ordered_json::array();
  for (const AptIndex& index : indexes) {
    list.push_back({{"name", index.path.filename().string()},
                    {"bytes", std::filesystem::file_size(index.path)},
                    {"sha256", file_sha256(index.path.string())},
                    {"release_date", index.release_date}});
  }
  return list;
}

}  // namespace jest::studies

#pragma once
// apt's translation indexes: package descriptions in one language.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "prepare/apt_folder.hpp"
#include "prepare/description_records.hpp"

namespace jest::studies {

struct AptIndex {
  std::string language;
  std::filesystem::path path;  // plain text, not compressed
  std::string release_date;    // of the InRelease or Release file it came with; may be empty
};

/// The translation indexes in a folder of apt's lists, sorted by file name.
std::vector<AptIndex> find_indexes(const std::filesystem::path& lists);

/// Runs update_apt() and hands back the indexes of `targets.languages`. Throws jest::Error when one
/// of the languages does not arrive.
std::vector<AptIndex> fetch_indexes(const std::filesystem::path& folder, const AptTargets& targets);

/// All descriptions in one language; of a key that stands in two indexes, the first.
Descriptions read_descriptions(const std::vector<AptIndex>& indexes, const std::string& language);

/// What the data were made from, for the manifest.
nlohmann::ordered_json describe_indexes(const std::vector<AptIndex>& indexes);

}  // namespace jest::studies

#pragma once
// The folder that holds prepared translations: three tables and the manifest that describes them.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "data/apt_index.hpp"
#include "data/translation_split.hpp"

namespace jest {

/// A table: the header "id x y tag", then a line for each row, tab separated, without quoting.
std::string rows_as_tsv(const TranslationRows& rows);

/// The part of a manifest that says how the data were asked for; data are used again where it is
/// the same.
nlohmann::ordered_json requested(const SplitSpec& spec, const std::string& version);

/// The manifest in a folder, or none where the folder is empty or holds only tables that an
/// interrupted run left. Refuses a folder with anything else in it, or with data that were asked
/// for in another way.
std::optional<nlohmann::ordered_json> existing_manifest(const std::filesystem::path& folder,
                                                        const nlohmann::ordered_json& request);

/// Whether the tables that a manifest lists are there with the checksums it gives.
bool tables_match(const std::filesystem::path& folder, const nlohmann::ordered_json& manifest);

/// What the data were made from, for the manifest.
nlohmann::ordered_json describe_indexes(const std::vector<AptIndex>& indexes);

/// Writes the three tables and, last, the manifest: `description` with each table's counts and
/// checksum added. Hands the manifest back.
nlohmann::ordered_json write_translations(const std::filesystem::path& folder,
                                          const TranslationSplit& split,
                                          nlohmann::ordered_json description);

}  // namespace jest

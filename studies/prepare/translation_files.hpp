#pragma once
// The three tables of prepared translations.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "prepare/prepared_folder.hpp"
#include "prepare/translation_split.hpp"

namespace jest::studies {

PreparedFolder translations_folder(const std::filesystem::path& path);

/// A table: the header "id x y tag", then a line for each row, tab separated, without quoting.
std::string rows_as_tsv(const TranslationRows& rows);

/// The part of a manifest that says how the data were asked for; data are used again where it is
/// the same.
nlohmann::ordered_json requested(const SplitSpec& spec, const std::string& version);

/// Writes the three tables and, last, the manifest: `description` with each table's counts and
/// checksum added. Hands the manifest back.
nlohmann::ordered_json write_translations(const PreparedFolder& folder,
                                          const TranslationSplit& split,
                                          nlohmann::ordered_json description);

}  // namespace jest::studies

#pragma once
// Tables of rows as safetensors: what the rows hold, and for every row an id and a tag.

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "jest/io/safetensors.hpp"

namespace jest::studies {

struct RowLabels {
  std::vector<std::int64_t> ids;
  std::vector<std::string> tags;
};

/// Writes `arrays`, each with a row for every label, then `ids` I64 [rows] and `tags` I32 [rows]:
/// positions in the list that the metadata hold as a JSON array under "tag_names". Hands back the
/// table's entry for the manifest.
nlohmann::ordered_json write_row_table(const std::filesystem::path& path,
                                       std::vector<NamedArray> arrays, const RowLabels& labels);

}  // namespace jest::studies

#pragma once
// What every table of examples has, whatever its rows hold.

#include <cstdint>
#include <string>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/io/safetensors.hpp"

namespace jest {

struct ExampleTable {
  std::vector<std::int64_t> ids;       ///< unique, not negative
  std::vector<std::int32_t> tags;      ///< index into `tag_names`; empty when the file has no tags
  std::vector<std::string> tag_names;  ///< tags are for measurement and never reach a model
  std::string checksum;                ///< CRC-32 of the content, eight hexadecimal digits

  std::int64_t rows() const { return static_cast<std::int64_t>(ids.size()); }
};

/// The bytes of a text, which must outlive the view; for checksums.
JEST_EXPORT ArrayView text_view(const std::string& text);

/// 0 … rows − 1.
JEST_EXPORT std::vector<std::int64_t> all_rows(const ExampleTable& table);

/// Ids, tags and checksum of a safetensors table with `rows` rows: ids I64 [rows] and, when there
/// are tags, tags I32 [rows] with metadata tag_names, a JSON array of strings. Throws an error that
/// names the file and the defect. O(file).
JEST_EXPORT ExampleTable read_row_labels(SafetensorsFile& file, std::int64_t rows);

}  // namespace jest

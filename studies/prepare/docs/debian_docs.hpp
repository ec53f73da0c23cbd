#pragma once
// The command `jest-data debian-docs`.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "prepare/docs/doc_rows.hpp"
#include "prepare/prepared_folder.hpp"

namespace jest::studies {

struct DebianDocsCommand {
  std::filesystem::path out;  // the folder to fill
  std::uint64_t seed = 0;     // draws which rows are taken
  std::string version;        // of the program, for the manifest
  std::int64_t copies = 0;    // rows that the pool's prose is made near-copies of; 0: left as it is
};

/// Prepares Debian's documentation in `out`, in the manner of prepare_translations().
void prepare_debian_docs(const DebianDocsCommand& command);

PreparedFolder debian_docs_folder(const std::filesystem::path& path);

/// Writes a safetensors file for every table: `bytes` U8 [rows, 160] and the labels of
/// write_row_table(); then the manifest, which is handed back.
nlohmann::ordered_json write_debian_docs(const PreparedFolder& folder,
                                         const std::vector<DocRows>& tables,
                                         nlohmann::ordered_json description);

}  // namespace jest::studies

#pragma once
// The command `jest-data token-texts`.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "prepare/docs/documents.hpp"
#include "prepare/prepared_folder.hpp"

namespace jest::studies {

struct TokenTextsCommand {
  std::filesystem::path out;  // the folder to fill
  std::string corpus;         // docs or code
  int vocabulary = 4096;
  std::uint64_t seed = 0;  // draws which documents are taken
  std::string version;     // of the program, for the manifest
};

/// Prepares token files of whole documents, and the sentencepiece model that made them, in `out`,
/// in the manner of prepare_translations().
void prepare_token_texts(const TokenTextsCommand& command);

/// curated/TAG.bin, pool/TAG.bin, eval-NAME.bin; spiece.model and tokenizer.json.
PreparedFolder token_texts_folder(const TokenTextsCommand& command);

/// Trains the model on a sample of what is not held out, and writes all files; then the manifest,
/// which is handed back: `description` with "document_end" and, of every token file, its tokens,
/// documents and bytes of text.
nlohmann::ordered_json write_token_texts(const PreparedFolder& folder,
                                         const std::map<std::string, Documents>& files,
                                         const TokenTextsCommand& command,
                                         nlohmann::ordered_json description);

}  // namespace jest::studies

#pragma once
// Rows of documentation: pieces of text of one length, in bytes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "prepare/docs/documents.hpp"

namespace jest::studies {

inline constexpr std::size_t kChunkBytes = 160;

struct DocRow {
  std::int64_t id = 0;  // of source, file and place in the file: the same on every run
  std::string bytes;    // kChunkBytes of them; a character may be cut at either end
  std::string tag;      // where it is from
};

using DocRows = std::vector<DocRow>;

/// Where a text is from.
struct DocName {
  std::string tag;
  std::string file;
};

/// Adds a text's pieces, one after the other, to `rows`, which are handed back. What is left at the
/// end, shorter than a piece, is dropped.
DocRows add_chunks(DocRows rows, const DocName& name, std::string_view text);

/// All pieces of documents of one tag.
DocRows rows_of(const std::string& tag, const Documents& documents);

/// All rows in order of id, each id once.
DocRows in_order_of_id(DocRows rows);

/// A sentence of the kind that stands in very many files, `count` times: kChunkBytes of text each.
Documents licence_documents(std::size_t count);
DocRows licence_rows(std::size_t count);

}  // namespace jest::studies

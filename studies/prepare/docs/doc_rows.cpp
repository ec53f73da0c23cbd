#include "prepare/docs/doc_rows.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "jest/core/error.hpp"
#include "prepare/row_id.hpp"

namespace jest::studies {
namespace {

constexpr std::string_view kLicence =
    "You may use, copy, change and share this work for any purpose and at no cost, so long as "
    "this notice goes with every copy; the work comes without any warranty.\n";
static_assert(kLicence.size() == kChunkBytes);

}  // namespace

DocRows add_chunks(DocRows rows, const DocName& name, std::string_view text) {
  for (std::size_t at = 0; at + kChunkBytes <= text.size(); at += kChunkBytes) {
    const std::int64_t id = row_id(jest::text(name.tag, ' ', name.file, ' ', at / kChunkBytes));
    rows.push_back({id, std::string(text.substr(at, kChunkBytes)), name.tag});
  }
  return rows;
}

DocRows rows_of(const std::string& tag, const Documents& documents) {
  DocRows rows;
  for (const Document& document : documents) {
    rows = add_chunks(std::move(rows), {tag, document.name}, document.text);
  }
  return rows;
}

DocRows in_order_of_id(DocRows rows) {
  std::ranges::sort(rows, {}, [](const DocRow& row) { return std::tie(row.id, row.bytes); });
  make_ids_distinct(rows);
  return rows;
}

Documents licence_documents(std::size_t count) {
  Documents documents;
  for (std::size_t i = 0; i < count; ++i) {
    documents.push_back({std::to_string(i), std::string(kLicence)});
  }
  return documents;
}

DocRows licence_rows(std::size_t count) { return rows_of("licence", licence_documents(count)); }

}  // namespace jest::studies

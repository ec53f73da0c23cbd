#include "prepare/docs/doc_split.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <unordered_set>
#include <utility>

#include "prepare/row_id.hpp"

namespace jest::studies {
namespace {

using Seen = std::unordered_set<std::string>;

bool is_evaluation(DocTable table) {
  return table == DocTable::kEvalPostgresql || table == DocTable::kEvalGit;
}

/// Takes the rows that an offer may have, given what the evaluation holds.
DocRows taken(DocOffer offer, std::uint64_t seed, const Seen& evaluation) {
  offer.rows = in_order_of_id(std::move(offer.rows));
  Seen own;
  std::erase_if(offer.rows, [&](const DocRow& row) {
    return evaluation.contains(row.bytes) ||
           (is_evaluation(offer.table) && !own.insert(row.bytes).second);
  });
  const SeededOrder order = is_evaluation(offer.table) ? SeededOrder{0, Purpose::kEvaluation}
                            : offer.table == DocTable::kCurated
                                ? SeededOrder{seed, Purpose::kCurated}
                                : SeededOrder{seed, Purpose::kPool};
  return first_in_order(std::move(offer.rows), offer.most_rows, order);
}

}  // namespace

std::vector<DocRows> split_docs(std::vector<DocOffer> offers, std::uint64_t seed) {
  std::ranges::stable_partition(offers, is_evaluation, &DocOffer::table);
  std::vector<DocRows> tables(kDocTables.size());
  Seen evaluation;
  for (DocOffer& offer : offers) {
    const DocTable table = offer.table;
    DocRows rows = taken(std::move(offer), seed, evaluation);
    if (is_evaluation(table)) {
      for (const DocRow& row : rows) evaluation.insert(row.bytes);
    }
    std::ranges::move(rows, std::back_inserter(tables[static_cast<std::size_t>(table)]));
  }
  for (DocRows& rows : tables) rows = in_order_of_id(std::move(rows));
  return tables;
}

}  // namespace jest::studies

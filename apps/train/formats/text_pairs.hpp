#pragma once
// Batches of text pairs, as bags of hashed features.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "jest/data/tables.hpp"
#include "train/formats/pair_table.hpp"
#include "train/formats/text_features.hpp"

namespace jest::apps::train {

/// A table with the features of both sides.
struct TextPairs : PairTable {
  FeatureTable x_features;
  FeatureTable y_features;
};

JEST_EXPORT std::shared_ptr<const TextPairs> read_text_pairs(const std::filesystem::path& path,
                                                             const TextFeatureSpec& spec = {});

/// The pool's pairs and behind them the curated ones, copied: joined_labels.
JEST_EXPORT std::shared_ptr<const TextPairs> joined(const TextPairs& pool,
                                                    const TextPairs& curated);

/// n bags of features: indices one after the other, and where each bag starts. int64.
struct FeatureBags {
  at::Tensor features;  ///< [total]
  at::Tensor offsets;   ///< [n]
};

/// Leaves out each feature of each text with probability `rate`: a pure function of (seed, step,
/// example id, place in the text). The default leaves all in.
struct FeatureDropout {
  double rate = 0;
  std::uint64_t seed = 0;
  std::int64_t step = 0;
};

class JEST_EXPORT TextPairBatch {
 public:
  using Table = TextPairs;

  TextPairBatch(TableRows<TextPairs> rows) : rows_(std::move(rows)) {}

  std::span<const std::int64_t> ids() const { return rows_.ids(); }
  std::int64_t size() const { return rows_.size(); }
  const TableRows<TextPairs>& rows() const { return rows_; }
  TextPairBatch at(const std::vector<std::int64_t>& positions) const;
  /// The same examples with fewer features.
  TextPairBatch with_dropout(const FeatureDropout& dropout) const;

  FeatureBags x() const { return bags(rows_.table().x_features, 0); }
  FeatureBags y() const { return bags(rows_.table().y_features, 1); }

 private:
  FeatureBags bags(const FeatureTable& table, std::uint32_t side) const;

  TableRows<TextPairs> rows_;
  FeatureDropout dropout_;
};

}  // namespace jest::apps::train

#pragma once
// Super-batches of text pairs.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "jest/data/pair_table.hpp"
#include "jest/data/super_batch_order.hpp"
#include "jest/data/text_features.hpp"

namespace jest {

/// A table with the features of both sides, shared by every batch cut from it.
struct TextPairs {
  PairTable table;
  FeatureTable x;
  FeatureTable y;
};

JEST_EXPORT std::shared_ptr<const TextPairs> read_text_pairs(const std::filesystem::path& path,
                                                             const TextFeatureSpec& spec = {});

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

/// Rows of a table: light until a model asks for the features of a side.
class JEST_EXPORT TextPairBatch {
 public:
  TextPairBatch(std::shared_ptr<const TextPairs> pairs, std::vector<std::int64_t> rows);

  std::span<const std::int64_t> ids() const { return ids_; }
  std::span<const std::int64_t> rows() const { return rows_; }
  const TextPairs& pairs() const { return *pairs_; }
  TextPairBatch at(const std::vector<std::int64_t>& positions) const;
  /// The same examples with fewer features.
  TextPairBatch with_dropout(const FeatureDropout& dropout) const;

  FeatureBags x() const { return bags(pairs_->x, 0); }
  FeatureBags y() const { return bags(pairs_->y, 1); }

 private:
  FeatureBags bags(const FeatureTable& table, std::uint32_t side) const;

  std::shared_ptr<const TextPairs> pairs_;
  std::vector<std::int64_t> rows_;
  std::vector<std::int64_t> ids_;
  FeatureDropout dropout_;
};

struct SuperBatchSpec {
  std::int64_t size = 0;  ///< B
  std::uint64_t seed = 0;
};

/// Super-batches over a table, or over some of its rows: a pure function of (seed, step).
class JEST_EXPORT TextPairSource {
 public:
  TextPairSource(std::shared_ptr<const TextPairs> pairs, const SuperBatchSpec& spec);
  TextPairSource(std::shared_ptr<const TextPairs> pairs, std::vector<std::int64_t> rows,
                 const SuperBatchSpec& spec);

  TextPairBatch at(std::int64_t step) const;

 private:
  std::shared_ptr<const TextPairs> pairs_;
  std::vector<std::int64_t> rows_;
  SuperBatchOrder order_;
};

/// All rows of a table.
JEST_EXPORT std::vector<std::int64_t> all_rows(const PairTable& table);

}  // namespace jest

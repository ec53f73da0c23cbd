#include "jest/data/text_pair_source.hpp"

#include <torch/torch.h>

#include <numeric>

namespace jest {

std::shared_ptr<const TextPairs> read_text_pairs(const std::filesystem::path& path,
                                                 const TextFeatureSpec& spec) {
  auto pairs = std::make_shared<TextPairs>();
  pairs->table = read_pairs(path);
  pairs->x = feature_table(pairs->table.x, spec);
  pairs->y = feature_table(pairs->table.y, spec);
  return pairs;
}

TextPairBatch::TextPairBatch(std::shared_ptr<const TextPairs> pairs, std::vector<std::int64_t> rows)
    : pairs_(std::move(pairs)), rows_(std::move(rows)) {
  ids_.reserve(rows_.size());
  for (const std::int64_t row : rows_) ids_.push_back(pairs_->table.ids.at(row));
}

TextPairBatch TextPairBatch::at(const std::vector<std::int64_t>& positions) const {
  std::vector<std::int64_t> rows;
  rows.reserve(positions.size());
  for (const std::int64_t position : positions) rows.push_back(rows_.at(position));
  return {pairs_, std::move(rows)};
}

FeatureBags TextPairBatch::bags(const FeatureTable& table) const {
  std::int64_t total = 0;
  for (const std::int64_t row : rows_) total += static_cast<std::int64_t>(table.of(row).size());
  FeatureBags bags{torch::empty({total}, at::kLong),
                   torch::empty({static_cast<std::int64_t>(rows_.size())}, at::kLong)};
  auto* features = bags.features.data_ptr<std::int64_t>();
  auto* offsets = bags.offsets.data_ptr<std::int64_t>();
  std::int64_t next = 0;
  for (const std::int64_t row : rows_) {
    *offsets++ = next;
    for (const std::int32_t feature : table.of(row)) features[next++] = feature;
  }
  return bags;
}

std::vector<std::int64_t> all_rows(const PairTable& table) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(table.rows()));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

TextPairSource::TextPairSource(std::shared_ptr<const TextPairs> pairs, const SuperBatchSpec& spec)
    : TextPairSource(pairs, all_rows(pairs->table), spec) {}

TextPairSource::TextPairSource(std::shared_ptr<const TextPairs> pairs,
                               std::vector<std::int64_t> rows, const SuperBatchSpec& spec)
    : pairs_(std::move(pairs)),
      rows_(std::move(rows)),
      order_(static_cast<std::int64_t>(rows_.size()), spec.size, spec.seed) {}

TextPairBatch TextPairSource::at(std::int64_t step) const {
  std::vector<std::int64_t> rows = order_.at(step);
  for (std::int64_t& row : rows) row = rows_[row];
  return {pairs_, std::move(rows)};
}

}  // namespace jest

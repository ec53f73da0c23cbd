#include "train/formats/text_pairs.hpp"

#include <torch/torch.h>

#include "jest/core/noise.hpp"
#include "train/formats/joined_labels.hpp"

namespace jest::apps::train {
namespace {

struct TextName {
  std::int64_t id;
  std::uint32_t side;
};

/// Copies the features that stay to `out`; returns how many. Four places share a Philox call.
std::int64_t copy_kept(std::span<const std::int32_t> features, const FeatureDropout& dropout,
                       const TextName& text, std::int64_t* out) {
  constexpr std::uint32_t kStream = 0x66656174;
  const auto id = static_cast<std::uint64_t>(text.id);
  const PhiloxKey key{low_word(dropout.seed) ^ kStream, high_word(dropout.seed)};
  const auto limit = static_cast<std::uint32_t>(dropout.rate * 0x1p32);
  std::int64_t kept = 0;
  PhiloxCounter words{};
  for (std::size_t k = 0; k < features.size(); ++k) {
    if (k % 4 == 0) {
      const auto place = static_cast<std::uint32_t>(k / 4) << 1 | text.side;
      words = philox4x32_10(
          {low_word(id), high_word(id), static_cast<std::uint32_t>(dropout.step), place}, key);
    }
    if (words[k % 4] >= limit) out[kept++] = features[k];
  }
  return kept;
}

}  // namespace

std::shared_ptr<const TextPairs> read_text_pairs(const std::filesystem::path& path,
                                                 const TextFeatureSpec& spec) {
  auto pairs = std::make_shared<TextPairs>();
  static_cast<PairTable&>(*pairs) = read_pairs(path);
  pairs->x_features = feature_table(pairs->x, spec);
  pairs->y_features = feature_table(pairs->y, spec);
  return pairs;
}

std::shared_ptr<const TextPairs> joined(const TextPairs& pool, const TextPairs& curated) {
  const auto pairs = std::make_shared<TextPairs>(pool);
  static_cast<ExampleTable&>(*pairs) = joined_labels(pool, curated);
  pairs->x.insert(pairs->x.end(), curated.x.begin(), curated.x.end());
  pairs->y.insert(pairs->y.end(), curated.y.begin(), curated.y.end());
  pairs->x_features.append(curated.x_features);
  pairs->y_features.append(curated.y_features);
  return pairs;
}

TextPairBatch TextPairBatch::at(const std::vector<std::int64_t>& positions) const {
  TextPairBatch batch(rows_.at(positions));
  batch.dropout_ = dropout_;
  return batch;
}

TextPairBatch TextPairBatch::with_dropout(const FeatureDropout& dropout) const {
  if (!(dropout.rate >= 0 && dropout.rate < 1)) {
    refuse("feature dropout", "a rate in [0, 1)", dropout.rate);
  }
  TextPairBatch batch = *this;
  batch.dropout_ = dropout;
  return batch;
}

FeatureBags TextPairBatch::bags(const FeatureTable& table, std::uint32_t side) const {
  const std::span<const std::int64_t> rows = rows_.rows();
  std::int64_t total = 0;
  for (const std::int64_t row : rows) total += static_cast<std::int64_t>(table.of(row).size());
  FeatureBags bags{torch::empty({total}, at::kLong), torch::empty({rows_.size()}, at::kLong)};
  auto* features = bags.features.data_ptr<std::int64_t>();
  auto* offsets = bags.offsets.data_ptr<std::int64_t>();
  std::int64_t next = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    offsets[i] = next;
    const std::span<const std::int32_t> all = table.of(rows[i]);
    if (dropout_.rate == 0) {
      for (const std::int32_t feature : all) features[next++] = feature;
    } else {
      next += copy_kept(all, dropout_, {ids()[i], side}, features + next);
    }
  }
  bags.features = bags.features.narrow(0, 0, next);
  return bags;
}

}  // namespace jest::apps::train

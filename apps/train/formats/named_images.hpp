#pragma once
// Images with a name each: grey ones in a safetensors file with a list of names beside it, or those
// of shards with their captions (shard_images.hpp).
//
// images U8 [rows, S, S], names I32 [rows] (a line of names.txt in the same folder, from 0), ids
// I64 [rows], optionally tags I32 [rows] with metadata tag_names.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "jest/data/shards.hpp"
#include "jest/data/tables.hpp"
#include "train/formats/text_pairs.hpp"

namespace jest::apps::train {

inline constexpr std::int32_t kWordBuckets = 1 << 14;

/// Images lie in a file, read or mapped, or in shards, decoded when they are asked for; those of a
/// joined table in the tables that it was made of.
struct NamedImages : ExampleTable {
  std::vector<std::shared_ptr<const NamedImages>> parts = {};  ///< of a joined table
  std::optional<SafetensorsFile> file = {};
  std::shared_ptr<const ShardTable> shards = {};
  std::int64_t side = 0;                 ///< S
  std::int64_t colours = 1;              ///< C: 1, or 3 of shards
  std::span<const std::uint8_t> pixels;  ///< [rows, S, S], of a file
  std::vector<std::int32_t> names;       ///< [rows], index into `texts`
  std::vector<std::string> texts;
  FeatureTable words;                   ///< of each text: hashed words, and what goes with them
  std::int32_t buckets = kWordBuckets;  ///< of `words`

  std::span<const std::uint8_t> image(std::int64_t row) const {
    if (row < own_rows()) return pixels.subspan(row * side * side, side * side);
    const auto [part, of_part] = place(row);
    return part->image(of_part);
  }
  const std::string& name(std::int64_t row) const { return texts[names[row]]; }

  /// uint8 [n, C, S, S], copied.
  at::Tensor images(std::span<const std::int64_t> rows) const;
  /// Rows that will be asked for soon.
  void ahead(std::span<const std::int64_t> rows) const;

 private:
  struct Place {
    const NamedImages* part;
    std::int64_t row;
  };
  std::int64_t own_rows() const { return parts.empty() ? rows() : 0; }
  Place place(std::int64_t row) const;
};

/// What a table of an experiment is, for summary.json: as of other tables, and how many samples of
/// shards were left out.
nlohmann::ordered_json describe_table(const std::filesystem::path& path, const NamedImages& table);

/// Throws jest::Error naming the file and its defect. O(file).
JEST_EXPORT std::shared_ptr<const NamedImages> read_named_images(const std::filesystem::path& path);

/// The pool's images and behind them the curated ones: joined_labels.
JEST_EXPORT std::shared_ptr<const NamedImages> joined(
    const std::shared_ptr<const NamedImages>& pool,
    const std::shared_ptr<const NamedImages>& curated);

/// At which resolution models see the images of a batch.
enum class Resolution {
  kFull,
  kHalf,  ///< S/2, means of four pixels
};

class JEST_EXPORT ImageBatch {
 public:
  using Table = NamedImages;

  ImageBatch(TableRows<NamedImages> rows) : rows_(std::move(rows)) {}

  std::span<const std::int64_t> ids() const { return rows_.ids(); }
  std::int64_t size() const { return rows_.size(); }
  const TableRows<NamedImages>& rows() const { return rows_; }
  ImageBatch at(const std::vector<std::int64_t>& positions) const;

  /// Share of the examples that are seen at half resolution.
  double half_share() const { return half_share_; }
  bool is_mixed() const { return half_share_ > 0 && half_share_ < 1; }
  /// Where a mixed batch has its examples at half resolution: spread evenly, the first among them.
  bool at_half(std::int64_t position) const;

  ImageBatch seen_at(Resolution resolution) const;
  /// To be trained on. Throws unless the share is between 0 and 1.
  ImageBatch mixed(double half_share) const;

  at::Tensor pixels() const;  ///< uint8 [n, C, S, S], in full whatever the resolution
  at::Tensor images() const;  ///< float [n, C, S, S], 0 … 1: pixels() over 255
  FeatureBags words() const;

 private:
  TableRows<NamedImages> rows_;
  double half_share_ = 0;
};

}  // namespace jest::apps::train

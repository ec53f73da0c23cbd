#pragma once
// What a model said of candidates before, read from files: embeddings or losses, ids, and what it
// cost.

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cached/cached_ids.hpp"
#include "cached/float_rows.hpp"

namespace jest::apps::cached {

using Paths = std::vector<std::filesystem::path>;

/// Names of arrays within safetensors; .npy has one array, without a name.
struct ArrayNames {
  std::string x = "x", y = "y", scale = "scale", bias = "bias", losses = "losses", ids = "ids";

  /// Of "x=image_embeds,y=text_embeds": others keep theirs. Throws on unknown ones.
  static ArrayNames from(const std::string& option, const std::string& words);
};

/// The files of one model. Several are rows below each other, in order.
struct CachedFiles {
  Paths pairs;   ///< x and y in each; or a folder of clip-retrieval, with img_emb and text_emb
  Paths x, y;    ///< one side in each
  Paths losses;  ///< in the place of embeddings
  Paths ids;     ///< where the others hold none
  std::optional<double> scale, bias;
  ArrayNames names;

  bool empty() const { return pairs.empty() && x.empty() && y.empty() && losses.empty(); }
};

/// FLOPs and processor seconds; NaN where nobody says.
struct CachedCost {
  double flops = std::numeric_limits<double>::quiet_NaN();
  double cpu_seconds = std::numeric_limits<double>::quiet_NaN();
};

class CachedModel {
 public:
  /// Throws, naming `who` or the file, unless the files fit each other: as many rows, one width, as
  /// many ids as rows.
  CachedModel(const std::string& who, const CachedFiles& files);

  std::int64_t rows() const { return losses_.data ? losses_.rows : x_.rows; }
  bool has_losses() const { return losses_.data != nullptr; }
  MatrixView x() const { return x_.view(); }
  MatrixView y() const { return y_.view(); }
  std::span<const float> losses() const {
    return {losses_.data.get(), static_cast<std::size_t>(losses_.rows)};
  }
  const CachedIds& ids() const { return ids_; }

  /// Given by an option, or else by the files.
  std::optional<double> scale() const { return scale_; }
  std::optional<double> bias() const { return bias_; }
  /// From metadata `flops` and `cpu_seconds`, added up over files.
  const CachedCost& cost() const { return cost_; }
  /// CRC-32 of everything that was read, as eight hexadecimal digits.
  std::string checksum() const;

  /// Gives back the memory of files whose numbers were copied; checksum() is of them, and goes
  /// before.
  void forget_sources();
  /// Throws where a mapped file whose numbers are used in place was written to since.
  void expect_unchanged() const;

 private:
  std::vector<FileArray> open(const Paths& paths, const std::string& name);
  std::vector<FileArray> ids_beside(const std::vector<FileArray>& arrays) const;
  void take_numbers();
  void take_ids(const Paths& id_files, const std::vector<std::vector<FileArray>>& sides);
  void check(const std::string& who) const;

  ArrayNames names_;
  std::vector<std::shared_ptr<const ArrayFile>> files_;
  std::vector<FileArray> read_;  ///< in order, until sources are forgotten
  FloatRows x_, y_, losses_;
  CachedIds ids_;
  std::optional<double> scale_, bias_;
  CachedCost cost_;
};

/// The ids in files of a model that is not asked for more; none where a file has none.
CachedIds ids_alone(const CachedFiles& files);

/// Throws unless every path is a file, of CachedFiles::pairs a file or a folder. `option` is the
/// name of the first, "--learner"; the others have theirs behind it.
void expect_cached_files(const std::string& option, const Paths& paths);
void expect_cached_files(const std::string& option, const CachedFiles& files);

}  // namespace jest::apps::cached

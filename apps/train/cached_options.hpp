#pragma once
// Options by which a reference is given as what it said of the pool: embeddings or losses in files.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "train/option_rows.hpp"

namespace jest::apps::train {

enum class CachedKind { kEmbeddings, kLosses };

struct CachedReferenceOptions {
  using Paths = std::vector<std::filesystem::path>;

  Paths reference_cache;           ///< --reference-embeddings, or --reference-losses
  Paths reference_x, reference_y;  ///< embeddings, a side a file
  Paths reference_ids;             ///< where those hold none
  Paths cascade_losses;            ///< of the first stage of a cascade
  std::string reference_names;     ///< ROLE=NAME,...
  std::optional<double> reference_scale, reference_bias;
  std::optional<double> reference_flops, reference_cpu_seconds;  ///< what they cost to make

  bool has_cached_reference() const {
    return !reference_cache.empty() || !reference_x.empty() || !reference_y.empty();
  }

  /// Throws unless files exist and options fit each other.
  void check_cached() const;
};

/// The rows of a task whose reference gives that.
OptionRows<CachedReferenceOptions> cached_rows(CachedKind kind);

}  // namespace jest::apps::train

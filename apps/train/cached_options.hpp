#pragma once
// Options by which a reference is given as what it said of the pool: embeddings or losses in files.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "train/option_rows.hpp"

namespace jest::apps::train {

enum class CachedKind { kEmbeddings, kLosses };

/// Whether an option names a guide that counts, counts[:KIND[:PART]]; a file called so is ./counts.
bool names_counts(const std::filesystem::path& value);

struct CachedReferenceOptions {
  using Paths = std::vector<std::filesystem::path>;

  Paths reference_cache;           ///< --reference-embeddings, or --reference-losses
  Paths reference_x, reference_y;  ///< embeddings, a side a file
  Paths reference_ids;             ///< where those hold none
  Paths cascade_losses;            ///< of the first stage of a cascade
  std::string reference_names;     ///< ROLE=NAME,...
  std::optional<double> reference_scale, reference_bias;
  std::optional<double> reference_flops, reference_cpu_seconds;  ///< what they cost to make

  /// Whether the first stage ranks by a guide that counts.
  bool first_stage_counts() const {
    return cascade_losses.size() == 1 && names_counts(cascade_losses.front());
  }
  bool has_cached_reference() const {
    return !reference_cache.empty() || !reference_x.empty() || !reference_y.empty();
  }

  /// Throws unless files exist and options fit each other.
  void check_cached() const;
};

/// The rows of a task whose reference gives that, and whose rows may be counted.
OptionRows<CachedReferenceOptions> cached_rows(CachedKind kind, bool counted);

}  // namespace jest::apps::train

#pragma once
// A guide that counts n-grams in the place of a reference that is trained, or of the losses of a
// cascade's first stage. What it says of the pool is counted once and kept in the run's folder.

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cached/counted_losses.hpp"
#include "train/cached_reference.hpp"
#include "train/energy/run_energy.hpp"

namespace jest::apps::train {

/// counts[:KIND[:PART]]
struct CountsName {
  CountKind kind = CountKind::kHashed;
  std::string part;  ///< what of a row is counted

  std::string words() const;      ///< "hashed bytes"
  std::string file_name() const;  ///< "counts_hashed_bytes.safetensors"
};

/// `parts` are those that a task's rows have, its own choice first. Throws, naming `option`, on
/// another kind or part, and where there are none.
CountsName parse_counts(const std::string& option, const std::filesystem::path& value,
                        const std::vector<std::string>& parts);

/// What --reference and --cascade-losses name, where they name such guides.
template <class O>
CountsName counted_reference(const O& options) {
  return parse_counts("--reference", options.reference, O::words().counted);
}
template <class O>
CountsName counted_first_stage(const O& options) {
  return parse_counts("--cascade-losses", options.cascade_losses.front(), O::words().counted);
}

/// A task whose rows can be counted: `count` gives losses of the pool's rows.
template <class T>
concept Counts = requires(const T task, const CountsName name) {
  { task.count(name) } -> std::same_as<CountedLosses>;
};

/// A store of counted losses in a run's folder.
struct KeptCounts {
  std::filesystem::path store;
  std::string fingerprint;            ///< of the guide and of what it counts
  std::span<const std::int64_t> ids;  ///< of the pool's rows
};

/// What the store holds, made by `count` where it is not there yet, and what that cost. Throws on
/// a store of another fingerprint.
CachedReference<LossStore> kept_counts(const KeptCounts& kept, const RunEnergy& energy,
                                       const std::function<CountedLosses()>& count);

}  // namespace jest::apps::train

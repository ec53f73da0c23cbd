#pragma once
// What a guide that counts says of a pool, and the store that keeps it.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/criteria/count_guide.hpp"

namespace jest::apps::cached {

inline constexpr Named<CountKind> kCountKinds[] = {{"hashed", CountKind::kHashed},
                                                   {"interpolated", CountKind::kInterpolated}};

/// Texts as a guide takes them, with ids by content: equal texts are one row to it, which neither
/// counts a copy of what it scores in the background, nor keeps one among the curated.
/// Unit: std::uint8_t for bytes, std::uint32_t for words or tokens.
template <class Unit>
class CountedRows {
 public:
  void add(std::string_view text) {
    if constexpr (sizeof(Unit) == 1) {
      units_.insert(units_.end(), text.begin(), text.end());
    } else {
      const std::vector<std::uint32_t> words = hashed_words(text);
      units_.insert(units_.end(), words.begin(), words.end());
    }
    end_row(text);
  }
  void add_units(std::span<const Unit> units) {
    units_.insert(units_.end(), units.begin(), units.end());
    end_row({reinterpret_cast<const char*>(units.data()), units.size_bytes()});
  }
  UnitRows<Unit> view() const { return {units_, ends_, ids_}; }

 private:
  void end_row(std::string_view content) {
    ends_.push_back(std::ssize(units_));
    ids_.push_back(hash_id(content));
  }

  std::vector<Unit> units_;
  std::vector<std::int64_t> ends_, ids_;
};

/// The guide's own numbers for bytes or words.
template <class Unit>
CountGuideSpec count_spec(CountKind kind) {
  const bool hashed = kind == CountKind::kHashed;
  if constexpr (sizeof(Unit) == 1) return hashed ? kHashedBytes : kInterpolatedBytes;
  return hashed ? kHashedWords : kInterpolatedWords;
}

/// Counts curated rows against the pool and scores `candidates`; the operations are those of both.
/// Throws as CountGuide.
template <class Unit>
CountedLosses counted_losses(const CountedRows<Unit>& curated, const CountedRows<Unit>& pool,
                             const CountedRows<Unit>& candidates, const CountGuideSpec& spec) {
  const CountGuide guide(curated.view(), pool.view(), spec);
  CountedLosses counted = guide.losses(candidates.view());
  counted.operations += guide.operations();
  return counted;
}

struct CountStore {
  const CountedLosses& counted;
  std::span<const std::int64_t> ids;  ///< [rows]
  std::string fingerprint;            ///< of the guide and of what it counted
  double cpu_seconds = 0;
};

/// Writes losses and ids as jest::LossStore reads them, and among the metadata what they cost:
/// `flops`, the operations, and `cpu_seconds`. Atomic.
void write_count_store(const std::filesystem::path& path, const CountStore& store);

}  // namespace jest::apps::cached

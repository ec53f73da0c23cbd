#pragma once
// A reference that counts n-grams: how much likelier a row of bytes, tokens or words is among
// curated rows than among background rows. It reads text once and needs no model.
//
// loss = (−log p_curated(row) + log p_background(row)) / units of the row, in nats: low where the
// row is like the curated ones. The difference of Moore and Lewis, "Intelligent Selection of
// Language Model Training Data", ACL 2010. No row is scored by counts that hold it: background rows
// are counted in two halves, by their ids, and a row is scored by the half that is not its own;
// curated rows are left out of the curated counts when they are scored.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "jest/core/error.hpp"

namespace jest {

/// Rows of units, one after the other in one array: bytes, tokens, or words by their numbers.
/// Unit: std::uint8_t or std::uint32_t.
template <class Unit>
struct UnitRows {
  std::span<const Unit> units;         ///< of all rows
  std::span<const std::int64_t> ends;  ///< [rows] where each ends in `units`, ascending
  std::span<const std::int64_t> ids;   ///< [rows], ≥ 0; rows that share an id are copies
};

enum class CountKind {
  /// A bag of n-grams hashed into buckets, log p the sum over n-grams of their bucket's log share.
  /// Source: Xie et al., "Data Selection for Language Models via Importance Resampling", 2023,
  /// arXiv 2302.03169, which takes words and pairs of words (kHashedWords).
  kHashed,
  /// Each unit given those before it in the row, by n-grams of lengths 1 to `longest`, interpolated
  /// with absolute discounting (Ney, Essen, Kneser 1994), which ends at a uniform law of the units.
  kInterpolated
};

struct CountGuideSpec {
  CountKind kind = CountKind::kHashed;
  std::int64_t alphabet = 256;  ///< units are below it
  int shortest = 4;             ///< lengths of n-grams; 1 where kInterpolated
  int longest = 4;              ///< a unit's bits · longest ≤ 63
  int bucket_bits = 18;         ///< kHashed: 2^bucket_bits buckets, 1 to 28
  double smoothing = 1;         ///< kHashed: added to the count of every bucket, > 0
  double discount = 0.8;        ///< kInterpolated: taken off every count, in (0, 1)
  std::uint64_t seed = 0;       ///< of the halves
};

inline constexpr CountGuideSpec kHashedBytes{};
inline constexpr CountGuideSpec kInterpolatedBytes{
    .kind = CountKind::kInterpolated, .shortest = 1, .longest = 5};
/// Of hashed_words().
inline constexpr CountGuideSpec kHashedWords{.alphabet = 1 << 21, .shortest = 1, .longest = 2};
inline constexpr CountGuideSpec kInterpolatedWords{
    .kind = CountKind::kInterpolated, .alphabet = 1 << 21, .shortest = 1, .longest = 3};

/// The words of a text, which spaces, tabs and ends of lines part, by their hash below 2^21, for
/// kHashedWords and kInterpolatedWords. O(length).
std::vector<std::uint32_t> hashed_words(std::string_view text);

struct CountedLosses {
  std::vector<float> losses;  ///< [rows]; 0 of a row without n-grams
  double operations = 0;      ///< look-ups of a count and the additions to a loss
};

/// The half, 0 or 1, that a background row of this id is counted in: of equal probability.
int background_half(std::uint64_t seed, std::int64_t id);

/// Immutable: may be asked from any number of threads. A pure function of rows, ids and spec.
class CountGuide {
 public:
  /// Counts. Throws on rows that do not fit each other, on units beyond the alphabet, without a
  /// curated n-gram, and where a half of the background is without any. Nothing of the rows is
  /// kept. O(units · longest) time, memory O(2^bucket_bits) or O(distinct n-grams).
  template <class Unit>
  CountGuide(const UnitRows<Unit>& curated, const UnitRows<Unit>& background,
             const CountGuideSpec& spec = {});

  /// Of any rows; one that has the id of a curated row is taken for that row, or a copy of it.
  /// O(units) hashed, O(units · longest) interpolated. Throws as the constructor.
  template <class Unit>
  CountedLosses losses(const UnitRows<Unit>& rows) const;

  /// What counting took: additions to a count.
  double operations() const { return operations_; }
  const CountGuideSpec& spec() const { return spec_; }

 private:
  CountGuideSpec spec_;
  double operations_ = 0;
  std::vector<std::int64_t> curated_;  ///< ids, ascending
  std::shared_ptr<const class CountModel> model_;
};

}  // namespace jest

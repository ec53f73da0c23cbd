#pragma once
// What a criterion must provide: two operations, and nothing of samplers, losses or memory; and
// three more where its candidates lie on several ranks.
//
// A criterion is a sum of own terms and pair terms, U(A) = Σ a_i + Σ_{i≠j} Q_ij. The marginal gain
// of one more candidate is its conditional score, g_i(A) = a_i + κ·Σ_{j∈A} (Q_ij + Q_ji).

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "jest/core/views.hpp"

namespace jest {
namespace detail {

/// What can be read after the expression that gave it: a reference, or a span.
template <class Scores>
inline constexpr bool kOutlivesItsCall = std::is_lvalue_reference_v<Scores>;
template <class Score>
inline constexpr bool kOutlivesItsCall<std::span<Score>> = true;
template <class Score>
inline constexpr bool kOutlivesItsCall<const std::span<Score>> = true;

}  // namespace detail

/// The running state of a criterion over one super-batch.
///
/// - `scores()` are the conditional scores [B] given everything conditioned on so far, own terms
///   before the first call of `condition_on`. Scores of picked candidates are ignored. They lie in
///   the criterion (a reference or a span, never a vector by value) and are read until the next
///   call of `condition_on`.
/// - `condition_on(picks)` adds candidates to A. `picks` are positions in ascending order of
///   example id, never one that was given before. A candidate's pair with itself is not counted,
///   so that conditioning on all candidates yields mean-field scores.
template <class State>
concept ConditionalScores = requires(State& state, std::span<const std::int64_t> picks) {
  { state.scores() } -> std::convertible_to<std::span<const double>>;
  requires detail::kOutlivesItsCall<decltype(state.scores())>;
  state.condition_on(picks);
};

/// A picked candidate: one of the criterion's own, or another rank's, of which there is the row.
struct Pick {
  std::int64_t position = -1;      ///< among the criterion's own; −1 of another rank's
  const std::byte* row = nullptr;  ///< of another rank's, as `copy_row` wrote it there
  bool is_own() const { return position >= 0; }
};

/// Picks to be conditioned on, in ascending order of example id.
struct Picked {
  std::span<const Pick> picks;
  /// Whether these are all candidates there are, whose scores are asked for afterwards (mean
  /// field); otherwise those of picks are not asked for again.
  bool stay = false;
};

/// Numbers of which the largest on any rank decides how all of them compute.
using Magnitudes = std::array<double, 4>;

/// A criterion over the candidates of one rank, which conditions on picks of any. Its scores then
/// have the bits that they have in one process.
///
/// - `row_bytes()`: what others need to condition on a candidate; a multiple of 4, 0 where nobody
///   ever does. `copy_row(position, out)` writes it.
/// - `condition_on(Picked)`: as above; the answer depends on rows and their order alone.
///
/// Where it has `digest()`, a number that names its parameters, ranks whose numbers differ are
/// refused; where it has `magnitudes()`, those of all ranks come back, the largest of each, by
/// `agree(magnitudes)` before anything is conditioned on.
template <class State>
concept ShardedScores = ConditionalScores<State> &&
    requires(State& state, const Picked& picked, std::byte* out) {
  { state.row_bytes() } -> std::convertible_to<std::int64_t>;
  state.copy_row(std::int64_t{}, out);
  state.condition_on(picked);
};

/// Positions as picks of the criterion's own.
inline std::vector<Pick> own_picks(std::span<const std::int64_t> positions) {
  std::vector<Pick> picks;
  picks.reserve(positions.size());
  for (const std::int64_t position : positions) picks.push_back({position, nullptr});
  return picks;
}

namespace detail {

/// The row of a pick where rows are those of one matrix. `matrix` holds the criterion's own.
inline const float* row_of(const Pick& pick, const MatrixView& matrix) {
  return pick.is_own() ? matrix.row(pick.position) : reinterpret_cast<const float*>(pick.row);
}

inline std::int64_t row_bytes(const MatrixView& matrix) {
  return matrix.cols * static_cast<std::int64_t>(sizeof(float));
}

inline void copy_row(const MatrixView& matrix, std::int64_t position, std::byte* out) {
  std::memcpy(out, matrix.row(position), at(row_bytes(matrix)));
}

/// Numbers that name a criterion's parameters, one after the other.
class Digest {
 public:
  Digest& add(std::uint64_t number) {
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
    value_ = (value_ ^ number) * kOdd;
    value_ ^= value_ >> 29;
    return *this;
  }
  Digest& add(double number) { return add(std::bit_cast<std::uint64_t>(number)); }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xbf58476d1ce4e5b9;
};

}  // namespace detail
}  // namespace jest

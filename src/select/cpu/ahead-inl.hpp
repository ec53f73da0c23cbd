// What a thread reads next, for the cache to fetch while it multiplies; included once for each
// instruction set.
#if defined(JEST_AHEAD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JEST_AHEAD_INL
#undef JEST_AHEAD_INL
#else
#define JEST_AHEAD_INL
#endif

#include "kernel.hpp"
#include "vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jest::cpu::HWY_NAMESPACE {

inline constexpr std::int64_t kLine = 16;  ///< floats of a cache line

/// Blocks of picks from `first` to before `end`.
struct BlockRange {
  std::int64_t first;
  std::int64_t end;
};

/// What is read after `block` from `word` on: another block, the next chain, or the next range.
HWY_INLINE const float* picked_after(const Blocks& picked, BlockRange range, std::int64_t block,
                                     std::int64_t word) {
  if (++block == range.end) {
    block = range.first;
    word += kChainWords;
  }
  if (word < picked.depth) return picked.at(block, word);
  return picked.at(range.end == picked.count() ? 0 : range.end, 0);
}

/// What a thread reads after a chain: the chain of `candidates` at `word`.
struct Following {
  const Candidates* candidates;
  std::int64_t word;
  std::int64_t words;

  bool is_packed() const { return candidates && candidates->packed; }
  const float* packed() const { return candidates->packed + word * kLanes; }
};

HWY_INLINE Following following(const PanelTask& task, BlockRange range, std::int64_t word) {
  const std::int64_t depth = task.picked.depth;
  if ((word += kChainWords) < depth) {
    return {&task.candidates, word, HWY_MIN(kChainWords, depth - word)};
  }
  const bool is_last = range.end == task.picked.count();
  return {is_last ? task.next : &task.candidates, 0, HWY_MIN(kChainWords, depth)};
}

/// Fetches one of `parts` parts of a chain into the cache.
template <class Words>
HWY_INLINE void fetch(const Following& next, std::int64_t part, std::int64_t parts) {
  const bool is_packed = next.is_packed();
  const std::int64_t floats = is_packed ? next.words : next.words * Words::kValues;
  const std::int64_t share = (kLanes + parts - 1) / parts;
  for (std::int64_t i = part * share; i < HWY_MIN((part + 1) * share, kLanes); ++i) {
    const float* from = is_packed ? next.packed() + i * next.words
                                  : next.candidates->rows.rows[i] + next.word * Words::kValues;
    for (std::int64_t k = 0; k < floats; k += kLine) __builtin_prefetch(from + k, 0, 2);
  }
}

}  // namespace jest::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#pragma once
// What a selection is asked for, and what it answers.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/core/named.hpp"
#include "jest/core/noise.hpp"
#include "jest/core/score.hpp"

namespace jest {

/// The sampler is one loop of N rounds; a preset fixes how many and how candidates are taken.
enum class Preset {
  kJoint,        ///< N rounds, each drawn given the picks before it (JEST)
  kIndependent,  ///< one round: own terms only
  kTopK,         ///< one round, ranked instead of drawn
  kMeanField,    ///< one round on own terms plus the pairs with all other candidates
  kGreedy,       ///< b rounds, ranked
  kUniform,      ///< one round at gain 0
};

enum class Backend {
  kDefault,  ///< the fastest that fits the memory the embeddings live in
  kEigen,    ///< the plain one: readable, double precision
  kCpu,      ///< SIMD and threads, float32
  kCpuBf16,  ///< the same on embeddings rounded to bfloat16
  kCuda,
};

inline constexpr Named<Preset> kPresets[] = {
    {"joint", Preset::kJoint},   {"independent", Preset::kIndependent},
    {"topk", Preset::kTopK},     {"mean-field", Preset::kMeanField},
    {"greedy", Preset::kGreedy}, {"uniform", Preset::kUniform},
};
inline constexpr Named<Backend> kBackends[] = {
    {"default", Backend::kDefault},  {"eigen", Backend::kEigen}, {"cpu", Backend::kCpu},
    {"cpu-bf16", Backend::kCpuBf16}, {"cuda", Backend::kCuda},
};

inline constexpr std::int64_t kDefaultChunks = 16;
inline constexpr double kDefaultGain = 100;
inline constexpr std::int64_t kLastStep = 0xffffffff;  ///< noise is named by 32 bits of the step

/// How candidates are drawn, whatever they are scored by.
struct Sampling {
  Preset preset = Preset::kJoint;
  std::optional<std::int64_t> chunks = {};  ///< N of the joint preset; min(16, b) when not given
  double gain = kDefaultGain;  ///< scale of scores against noise; ranks and kUniform have none
  InteractionSchedule interaction = {};  ///< κ, the weight of pair terms, by step
};

/// One selection: how many, how, and where in a run it happens. Which candidates, and their ids,
/// belong to the criterion.
struct SelectionSpec {
  std::int64_t count = 0;  ///< b, how many to pick
  Sampling sampling = {};
  std::uint64_t seed = 0;
  std::int64_t step = 0;          ///< of training, 0 to 2^32 − 1
  std::uint32_t first_round = 0;  ///< where the noise of this selection begins to count rounds
  Backend backend = Backend::kDefault;
  int threads = 1;  ///< never changes the picks

  /// κ at this step.
  double interaction() const { return sampling.interaction.at(step); }
};

struct SelectionStatistics {
  std::string_view backend;
  std::string_view instruction_set;  ///< of the cpu backend; empty otherwise
  bool fell_back = false;            ///< a model's embeddings needed double precision: see cpu.hpp
  double select_ms = 0;
  std::int64_t extra_bytes = 0;           ///< peak memory beyond the inputs and the answer
  std::int64_t nan_count = 0;             ///< distinct candidates set aside because a score was NaN
  double mean_own_score_super_batch = 0;  ///< over the candidates that are not NaN
  double mean_own_score_picks = 0;
};

/// Exactly b distinct positions in the super-batch, in draw order. A score is the conditional score
/// in the round of the pick, without gain and noise.
struct Selection {
  std::vector<std::int64_t> indices;
  std::vector<double> scores;
  SelectionStatistics statistics;
};

/// N of a preset for b picks. Throws when the chunks asked for contradict the preset or exceed b.
inline std::int64_t chunk_count(const SelectionSpec& spec) {
  const bool joint = spec.sampling.preset == Preset::kJoint;
  const std::int64_t own = joint ? std::min(kDefaultChunks, spec.count)
                                 : (spec.sampling.preset == Preset::kGreedy ? spec.count : 1);
  const std::int64_t chunks = spec.sampling.chunks.value_or(own);
  if (chunks < 1 || chunks > spec.count) {
    refuse("select", text("chunks between 1 and count ", spec.count), chunks);
  }
  if (!joint && chunks != own) {
    refuse("select", text("chunks ", own, ", which this preset fixes"), chunks);
  }
  return chunks;
}

/// Bits of an id spread over all of a word. One product alone would send ids at some regular
/// distances, Fibonacci's numbers, to neighbouring places.
inline std::uint64_t mixed(std::uint64_t id) {
  constexpr std::uint64_t kOdd = 0xbf58476d1ce4e5b9;
  constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15;
  id = (id ^ id >> 32) * kOdd;
  return (id ^ id >> 29) * kGoldenRatio;
}

/// Throws unless all ids are distinct and none is negative. Expected O(B): sorting them would cost
/// as much as drawing does.
inline void check_ids(std::span<const std::int64_t> ids) {
  const int bits = std::bit_width(ids.size()) + 1;  // a table at most half full
  const std::size_t last = (std::size_t{1} << bits) - 1;
  std::vector<std::int64_t> seen(last + 1, -1);
  for (const std::int64_t id : ids) {
    if (id < 0) refuse("select", "ids of at least 0", id);
    std::size_t slot = mixed(static_cast<std::uint64_t>(id)) >> (64 - bits);
    for (; seen[slot] >= 0; slot = (slot + 1) & last) {
      if (seen[slot] == id) refuse("select", "distinct ids", id, " more than once");
    }
    seen[slot] = id;
  }
}

/// Throws unless `spec` is possible for `candidates` (B). O(1).
inline void check_counts(const SelectionSpec& spec, std::int64_t candidates) {
  if (spec.count < 1 || spec.count > candidates) {
    refuse("select", text("a count between 1 and the ", candidates, " candidates"), spec.count);
  }
  const Sampling& sampling = spec.sampling;
  if (!std::isfinite(sampling.gain) || sampling.gain < 0) {
    refuse("select", "a finite gain of at least 0", sampling.gain);
  }
  if (!std::isfinite(sampling.interaction.value)) {
    refuse("select", "a finite interaction", sampling.interaction.value);
  }
  if (spec.step < 0 || spec.step > kLastStep) {
    refuse("select", text("a step between 0 and ", kLastStep), spec.step);
  }
  if (spec.threads < 1) refuse("select", "at least one thread", spec.threads);
  chunk_count(spec);
}

}  // namespace jest

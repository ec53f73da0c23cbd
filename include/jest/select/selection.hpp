#pragma once
// What a selection is asked for, and what it answers.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/core/score.hpp"
#include "jest/select/exchange.hpp"

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

/// Given the positions that a round has picked, in draw order.
using RoundHook = std::function<void(std::span<const std::int64_t> picks)>;

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
  /// Where the candidates are one rank's part of a super-batch: which part, and the other ranks.
  Shard shard = {};
  Exchange* exchange = nullptr;
  /// Called after every round but the last, while the selection goes on; on each rank, with the
  /// same picks. What it throws, all ranks throw. Devices, which pick in one go, do not call it.
  RoundHook on_round = {};

  /// B, of which so many candidates are here.
  std::int64_t total(std::int64_t candidates) const { return exchange ? shard.total : candidates; }
  /// κ at this step.
  double interaction() const { return sampling.interaction.at(step); }
};

struct SelectionStatistics {
  std::string_view backend;
  std::string_view instruction_set;  ///< of the cpu backend; empty otherwise
  bool fell_back = false;            ///< embeddings beyond float32 went to the plain backend
  double select_ms = 0;
  std::int64_t extra_bytes = 0;           ///< peak memory beyond the inputs and the answer
  std::int64_t nan_count = 0;             ///< distinct candidates set aside because a score was NaN
  double mean_own_score_super_batch = 0;  ///< over the candidates that are not NaN
  double mean_own_score_picks = 0;
  double own_score_deviation = 0;  ///< standard, over the same candidates
};

/// Exactly b distinct positions in the super-batch, in draw order. A score is the conditional score
/// in the round of the pick, without gain and noise.
struct Selection {
  std::vector<std::int64_t> indices;
  std::vector<double> scores;
  SelectionStatistics statistics;

  /// Whether some of so many candidates were left, though they are scored so alike that a draw by
  /// their own scores is one at random: they deviate by less than a hundredth of the noise's unit,
  /// or, where they are ranked, not at all. Never at gain 0 and of the uniform preset, which ask
  /// for that.
  bool is_flat(const Sampling& sampling, std::int64_t candidates) const;
};

/// N of a preset for b picks. Throws when the chunks asked for contradict the preset or exceed b.
std::int64_t chunk_count(const SelectionSpec& spec);

/// Throws unless `spec` is possible for `candidates` (B): count, chunks, gain, interaction, step
/// and threads. O(1).
void check_counts(const SelectionSpec& spec, std::int64_t candidates);

/// Throws unless all ids are distinct and none is negative. Expected O(B): sorting them would cost
/// as much as drawing does.
void check_ids(std::span<const std::int64_t> ids);

}  // namespace jest

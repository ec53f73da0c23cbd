#pragma once
// A published way of choosing what to train on, as a small value: who scores, what a score is, how
// picks are taken, what the learner is trained by.
//
//   const jest::Method& method = jest::kRhoLoss;               // or jest::find_method("rho-loss")
//   jest::JointExampleScorer scorer{learner, reference, method.scorer(128, seed)};
//
// A file of this folder is one method, with its paper; methods.hpp lists them. A new one is a new
// file and a line there. What a method asks for beside its scorer is in its fields: each comment
// names the class that does it.

#include <cstdint>
#include <optional>
#include <string_view>

#include "jest/core/score.hpp"
#include "jest/scorers/joint_example_scorer.hpp"
#include "jest/select/selection.hpp"

namespace jest {

/// What a score is made of.
enum class Criterion {
  kNone,       ///< nothing is scored: UniformScorer
  kLosses,     ///< ByLosses
  kLossRanks,  ///< ByLossRanks
  kDiversity,  ///< ByDiversity
  kGradients,  ///< AlignedScorer
};

enum class ScoredBy {
  kLearner,
  kOnlineProxy,  ///< a small model that learns beside the learner: OnlineProxy
};

/// What scoring sees of an example.
enum class SeenAs {
  kWhole,
  kCheaper,  ///< a lower resolution, at which half of each batch is trained on, too: ScoredAs
};

enum class FirstStage {
  kNone,
  kCachedLosses,  ///< thinned by the reference's cached losses before anything is scored: Cascade
};

enum class TrainedBy {
  kOwnLoss,           ///< OwnLoss
  kDistillation,      ///< Distilled
  kReferenceWeights,  ///< ReferenceWeighted
  kLearnableTokens,   ///< LearnableTokens
};

enum class ReferenceSource {
  kEither,  ///< run on every super-batch, or looked up: the user's choice
  kCached,  ///< what it gave once for the whole pool: EmbeddingStore, LossStore
  kLive,    ///< run on what is trained on: nothing that is stored would do
};

enum class ReferenceSize { kAny, kAtLeastTheLearners };

struct Method {
  std::string_view name;
  std::string_view paper = {};  ///< authors, year, where; empty for controls
  Criterion criterion = Criterion::kLosses;
  ScoreWeights score = kLearnability;
  Preset sampler = Preset::kJoint;
  std::optional<std::int64_t> chunks = {};  ///< where the method says; the user's choice otherwise
  std::optional<double> gain = {};          ///< likewise
  std::optional<InteractionSchedule> interaction = {};  ///< likewise
  ScoredBy scored_by = ScoredBy::kLearner;
  SeenAs seen_as = SeenAs::kWhole;
  FirstStage first_stage = FirstStage::kNone;
  TrainedBy trained_by = TrainedBy::kOwnLoss;
  ReferenceSource reference_source = ReferenceSource::kEither;
  ReferenceSize reference_size = ReferenceSize::kAny;

  bool scores() const { return criterion != Criterion::kNone; }

  bool scores_by_reference() const { return scores() && score.reference != 0; }

  /// Whether a reference is asked for anything.
  bool uses_reference() const { return scores_by_reference() || trained_by != TrainedBy::kOwnLoss; }

  /// For `count` picks a step; other fields are free to be changed.
  ScorerSpec scorer(std::int64_t count, std::uint64_t seed) const {
    ScorerSpec spec{.score = score, .count = count, .preset = sampler, .seed = seed};
    if (sampler == Preset::kJoint) spec.chunks = chunks;
    if (gain) spec.gain = *gain;
    if (interaction) spec.interaction = *interaction;
    return spec;
  }
};

}  // namespace jest

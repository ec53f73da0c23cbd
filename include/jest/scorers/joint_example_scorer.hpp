#pragma once
// Scores a super-batch with learner and reference and picks the sub-batch to train on.
//
//   jest::JointExampleScorer scorer{learner, reference, {.count = 128}};
//   auto picks = scorer.select(super_batch, step);
//   learner.step(super_batch.at(picks.indices));
//
// A model whose weight is zero is never run. No gradient flows. Models that embed pairs are scored
// by a contrastive criterion, models that give losses by the separable one; so is a model that
// embeds pairs beside a reference that gives losses: by its own terms. Embeddings on a GPU
// stay there; those of a store join them. The host waits after each scoring pass, so that its time
// can be told, and for the picks. Source: Evans et al., arXiv 2406.17711, algorithm 1.

#include <cstdint>
#include <span>
#include <utility>

#include "jest/core/cost.hpp"
#include "jest/core/score.hpp"
#include "jest/criteria/separable.hpp"
#include "jest/learner/learner.hpp"
#include "jest/learner/reference_model.hpp"
#include "jest/scorers/rules.hpp"
#include "jest/scorers/scorer.hpp"

namespace jest {

struct ScorerSpec {
  std::int64_t count = 0;  ///< b
  double share = 0;        ///< b as a share of the candidates, where `count` is 0
  Sampling sampling = {};
  std::uint64_t seed = 0;
  ScoreWeights score = kLearnability;
  Contrast contrast = Contrast::kSigmoid;
  Backend backend = Backend::kDefault;
  int threads = 1;
  ScoringSpec scoring = {};
  Shortage shortage = Shortage::kRefuse;  ///< of a super-batch of fewer than b
  /// Ranks that share the work, for instance a World: each is given the whole super-batch, scores
  /// its part of it, and gets all picks. Must outlive the scorer.
  Exchange* exchange = nullptr;
  RoundHook on_round = {};  ///< of every selection (SelectionSpec::on_round)

  PickCount picks() const { return {count, share, shortage}; }
  /// What one selection of so many candidates, of all ranks, is.
  JEST_EXPORT SelectionSpec selection(std::int64_t candidates, std::int64_t step) const;
};

inline constexpr const char* kPoorReferenceRemark =
    "the picks are learned better than the reference knows them: a poor reference, or time to stop "
    "selecting";

/// Holds references: learner and reference must outlive the scorer, and belong to the thread that
/// calls `select`: scoring puts the learner's module into evaluation mode for its time. `R` says
/// how scores become picks (scorers/rules.hpp).
template <class Model, class Reference, class R = ByLosses>
class JointExampleScorer {
 public:
  template <class Objective>
  JointExampleScorer(Learner<Model, Objective>& learner, Reference& reference, ScorerSpec spec,
                     R rule = {})
      : model_(learner.model()), reference_(reference), spec_(std::move(spec)), rule_(rule) {
    check_weights(spec_.score);
    spec_.picks().check("joint example scorer");
    if (spec_.count > 0) chunk_count({.count = spec_.count, .sampling = spec_.sampling});
  }

  std::int64_t count(std::int64_t candidates) const { return spec_.picks().of(candidates); }
  std::uint64_t seed() const { return spec_.seed; }
  bool scores() const { return true; }

  /// From now on, in the place of ScorerSpec::on_round.
  void set_on_round(RoundHook hook) { spec_.on_round = std::move(hook); }

  /// Positions in `super_batch`. Deterministic in (parameters, ids, seed, step).
  template <Batch B>
  ScoredSelection select(const B& super_batch, std::int64_t step) {
    static_assert(
        EmbedsPairs<Model, B> || GivesLosses<Model, B>,
        "JointExampleScorer: the learner's model needs `embed(batch)`, which gives "
        "jest::Embeddings, or `losses(batch)`, which gives a tensor of one loss an example");
    const auto candidates = detail::size_of(super_batch);
    if (auto few = detail::of_too_few(spec_.picks(), candidates)) return *few;
    ScoringStatistics how;
    const SelectionSpec spec = spec_.selection(candidates, step);
    Selection selection = detail::with_part(super_batch, spec, [&](const B& part) {
      if constexpr (kScoresPairs<B>) {
        const PairTensors pairs =
            detail::on_all_ranks(spec, [&] { return scored_pairs(part, how); });
        Selection picks = rule_(pairs, spec, pair_score());
        if (spec_.contrast == Contrast::kSigmoid && spec_.score.reference != 0 &&
            detail::takes_strangers_for_matches(pairs.reference)) {
          how.remark = kStrangersRemark;
        }
        return picks;
      } else {
        const LossTensors losses =
            detail::on_all_ranks(spec, [&] { return scored_losses(part, how); });
        return rule_(losses, spec, pair_score());
      }
    });
    if (spec_.score.learner != 0) how.learner_scored = candidates;
    if (spec_.score.reference != 0 && Reference::kRunsForward) how.reference_scored = candidates;
    if (how.remark.empty()) how.remark = remark_on(selection, candidates, kScoresPairs<B>);
    return {std::move(selection), how};
  }

 private:
  /// A reference that gives losses alone leaves no pair terms.
  template <class B>
  static constexpr bool kScoresPairs = EmbedsPairs<Model, B> &&
                                       (ReferenceEmbeds<Reference, B> ||
                                        !ReferenceGivesLosses<Reference, B>);

  template <Batch B>
  PairTensors scored_pairs(const B& batch, ScoringStatistics& how) {
    static_assert(ReferenceEmbeds<Reference, B>,
                  "JointExampleScorer: the learner embeds pairs, so the reference has to give "
                  "`embeddings(batch)`: a jest::ReferenceModel of a model with `embed`, or of an "
                  "EmbeddingStore; or `losses(batch)`");
    PairTensors pairs{.learner = {}, .reference = {}, .ids = id_tensor(batch.ids())};
    if (spec_.score.learner != 0) {
      pairs.learner = detail::timed_ms(how.learner_ms, [&] {
        Embeddings scored = score_embeddings(model_, batch, spec_.scoring, "learner");
        detail::wait_for(scored.x);
        return scored;
      });
    }
    if (spec_.score.reference != 0) {
      pairs.reference = detail::timed_ms(how.reference_ms, [&] {
        Embeddings given = reference_.embeddings(batch);
        if (pairs.learner.x.defined()) given = to_device(given, pairs.learner.x.device());
        detail::wait_for(given.x);
        return given;
      });
    }
    return pairs;
  }

  template <Batch B>
  LossTensors scored_losses(const B& batch, ScoringStatistics& how) {
    static_assert(ReferenceGivesLosses<Reference, B>,
                  "JointExampleScorer: the learner gives losses, so the reference has to give "
                  "`losses(batch)`: a jest::ReferenceModel of a model with `losses`, or of a "
                  "LossStore");
    LossTensors losses{.learner = {}, .reference = {}, .ids = id_tensor(batch.ids())};
    if (spec_.score.learner != 0) {
      losses.learner = detail::timed_ms(how.learner_ms, [&] {
        const at::Tensor scored = learner_losses(batch);
        detail::wait_for(scored);
        return scored;
      });
    }
    if (spec_.score.reference != 0) {
      losses.reference = detail::timed_ms(how.reference_ms, [&] {
        const at::Tensor given = reference_.losses(batch);
        detail::wait_for(given);
        return given;
      });
    }
    return losses;
  }

  template <Batch B>
  at::Tensor learner_losses(const B& batch) {
    if constexpr (EmbedsPairs<Model, B>) {
      return own_losses(score_embeddings(model_, batch, spec_.scoring, "learner"), spec_.contrast);
    } else {
      return score_losses(model_, batch, spec_.scoring, "learner");
    }
  }

  PairScore pair_score() const { return {spec_.score, spec_.contrast}; }

  bool by_losses() const {
    if constexpr (std::is_same_v<R, AnyRule>) return std::holds_alternative<ByLosses>(rule_.rule);
    return std::is_same_v<R, ByLosses>;
  }

  /// Something the user should know, or nothing.
  std::string_view remark_on(const Selection& selection, std::int64_t candidates,
                             bool has_pairs) const {
    const SelectionStatistics& statistics = selection.statistics;
    if (by_losses() && selection.is_flat(spec_.sampling, candidates)) return kFlatRemark;
    const bool learnability = spec_.score.learner != 0 && spec_.score.reference != 0;
    if (by_losses() && learnability && statistics.mean_own_score_picks < 0) {
      return kPoorReferenceRemark;
    }
    const bool joint = spec_.sampling.preset == Preset::kJoint && spec_.count != 1;
    return !has_pairs && joint ? kSeparableRemark : "";
  }

  Model& model_;
  Reference& reference_;
  ScorerSpec spec_;
  R rule_;
};

}  // namespace jest

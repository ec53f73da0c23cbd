#pragma once
// The training loop. It is short on purpose: read run() and one_step() and you know it all.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "jest/scorers/joint_example_scorer.hpp"
#include "jest/scorers/scorer_state.hpp"
#include "jest/train/checkpoint.hpp"
#include "jest/train/metrics.hpp"
#include "jest/train/schedule.hpp"
#include "jest/scorers/uniform_scorer.hpp"

namespace jest {

struct TrainerSpec {
  std::int64_t steps = 0;
  LearningRate learning_rate = {};  ///< set on every group of the optimizer, before every step
  SelectionSchedule selection = {};
  std::uint64_t seed = 0;  ///< of everything the model draws, for instance dropout
  std::int64_t evaluate_every = 50;
  std::int64_t checkpoint_every = 250;
  std::filesystem::path checkpoints = {};  ///< none are written when empty
  std::vector<std::shared_ptr<MetricSink>> sinks = {};

  /// Whether an evaluation follows the step with this number, from 0.
  bool evaluates_after(std::int64_t step) const {
    return step + 1 == steps || (step + 1) % evaluate_every == 0;
  }
  bool saves_after(std::int64_t step) const {
    return step + 1 == steps || (step + 1) % checkpoint_every == 0;
  }
};

JEST_EXPORT void check_trainer(const TrainerSpec& spec);

namespace detail {

/// Makes LibTorch's default generator a function of (seed, step).
JEST_EXPORT void seed_step(std::uint64_t seed, std::int64_t step);

/// Shares out of counts.
JEST_EXPORT Values shares_of(const std::map<std::string, std::int64_t>& counts);

}  // namespace detail

/// Trains `learner` on what `scorer` picks from the super-batches of `source`.
///
/// - source: `at(step)` gives a Batch, a pure function of the step;
/// - learner: a Learner, whatever its objective;
/// - scorer: JointExampleScorer, AlignedScorer, UniformScorer, or yours with the same members; what
///   it remembers between steps is in the checkpoints where it has `state` and `load_state`.
///
/// run() resumes from the newest complete checkpoint in `spec.checkpoints`, if there is one, and
/// then ends with the very bits of an undisturbed run at the same thread count, provided that what
/// is trained is a parameter of the model or of the optimizer. Everything passed in must outlive
/// the trainer.
template <class Source, class L, class Scorer>
class Trainer {
 public:
  using SuperBatch = decltype(std::declval<Source&>().at(0));

  Trainer(Source& source, L& learner, Scorer& scorer, TrainerSpec spec)
      : source_(source), learner_(learner), scorer_(scorer), spec_(std::move(spec)) {
    check_trainer(spec_);
    std::erase(spec_.sinks, nullptr);
  }

  std::function<Values()> evaluate;  ///< called at fixed periods and at the end, when set
  /// Optional measurement of what was trained on: counts by tag.
  std::function<std::map<std::string, std::int64_t>(const SuperBatch&)> tags_of;
  /// Optional look at a selection, before the step that uses it.
  std::function<void(const SuperBatch&, const Selection&, std::int64_t)> watch_selection;

  /// Optional look at what a step is about to train on, selected or not.
  std::function<void(const SuperBatch&, std::int64_t)> watch_batch;

  const TrainerState& run() {
    resume();
    remark();
    while (state_.step < spec_.steps) {
      const double start = processor_seconds();
      one_step();
      state_.cpu_seconds += processor_seconds() - start;
      if (spec_.evaluates_after(state_.step - 1)) evaluate_now();
      if (spec_.saves_after(state_.step - 1)) save();
    }
    return state_;
  }

 private:
  void one_step() {
    const std::int64_t step = state_.step;
    detail::seed_step(spec_.seed, step);
    StageSeconds& seconds = state_.seconds;
    const SuperBatch super_batch = timed(seconds[Stage::kLoad], [&] { return source_.at(step); });
    StepMetrics metrics;
    const Selection picks = choose(super_batch, metrics);
    const SuperBatch batch =
        timed(seconds[Stage::kGather], [&] { return super_batch.at(picks.indices); });
    if (watch_batch) unpaid([&] { watch_batch(batch, step); });
    metrics.learning_rate = spec_.learning_rate.at(step);
    learner_.set_learning_rate(metrics.learning_rate);
    metrics.loss = timed(seconds[Stage::kTrain], [&] { return learner_.step(batch); });
    if (!std::isfinite(metrics.loss)) {
      refuse(text("training step ", step), "a finite loss; try a lower learning rate",
             metrics.loss);
    }
    state_.examples.trained += static_cast<std::int64_t>(picks.indices.size());
    if (tags_of) {
      for (const auto& [tag, count] : tags_of(batch)) state_.tag_counts[tag] += count;
    }
    metrics.step = ++state_.step;
    metrics.steps = spec_.steps;
    metrics.seconds = seconds;
    for (const auto& sink : spec_.sinks) sink->step(metrics);
  }

  /// The scorer's picks on the steps it chooses, uniform ones on all others.
  Selection choose(const SuperBatch& super_batch, StepMetrics& metrics) {
    const bool selects = spec_.selection.selects(state_.step) && !state_.selection_stopped;
    const auto step = static_cast<std::uint32_t>(state_.step);
    StageSeconds& seconds = state_.seconds;
    if (!Scorer::kScores || !selects) {
      return timed(seconds[Stage::kSelection], [&] {
        return uniform_picks(super_batch.ids(), scorer_.count(), {scorer_.seed(), step});
      });
    }
    Selection picks = scorer_.select(super_batch, step);
    const SelectionStatistics& statistics = picks.statistics;
    seconds[Stage::kLearnerScoring] += 1e-3 * statistics.learner_scoring_ms;
    seconds[Stage::kReferenceScoring] += 1e-3 * statistics.reference_scoring_ms;
    seconds[Stage::kSelection] += 1e-3 * statistics.select_ms;
    state_.examples.scored += statistics.learner_scored;
    state_.examples.reference_scored += statistics.reference_scored;
    metrics.learnability_super_batch = statistics.mean_own_score_super_batch;
    metrics.learnability_picks = statistics.mean_own_score_picks;
    state_.learnability.add(statistics.mean_own_score_super_batch, spec_.selection.stop_window);
    state_.selection_stopped =
        state_.learnability.learner_beats_reference(spec_.selection.stop_window);
    if (watch_selection) unpaid([&] { watch_selection(super_batch, picks, state_.step); });
    return picks;
  }

  /// Measurements are no part of what a step costs.
  template <class Work>
  void unpaid(const Work& work) {
    const double start = processor_seconds();
    work();
    state_.cpu_seconds -= processor_seconds() - start;
  }

  void evaluate_now() {
    EvaluationMetrics metrics;
    if (evaluate) metrics.values = timed(state_.seconds[Stage::kEvaluate], evaluate);
    metrics.step = state_.step;
    metrics.steps = spec_.steps;
    metrics.picked_tags = detail::shares_of(std::exchange(state_.tag_counts, {}));
    metrics.examples = state_.examples;
    metrics.seconds = state_.seconds;
    metrics.cpu_seconds = state_.cpu_seconds;
    for (const auto& sink : spec_.sinks) sink->evaluation(metrics);
  }

  void save() {
    for (const auto& sink : spec_.sinks) sink->flush();
    if (spec_.checkpoints.empty()) return;
    save_checkpoint(spec_.checkpoints, {state_, tensors()});
  }

  NamedTensors tensors() {
    NamedTensors all = learner_.state();
    if constexpr (KeepsState<Scorer>) {
      std::ranges::move(detail::with_prefix(scorer_.state()), std::back_inserter(all));
    }
    return all;
  }

  void resume() {
    if (!spec_.checkpoints.empty()) {
      if (const auto checkpoint = load_checkpoint(spec_.checkpoints)) {
        if constexpr (KeepsState<Scorer>) {
          scorer_.load_state(detail::scorer_state_of(checkpoint->tensors));
        }
        learner_.load_state(checkpoint->tensors);
        state_ = checkpoint->state;
      } else {
        tensors();  // what cannot be saved is refused before anything is trained
      }
    }
    for (const auto& sink : spec_.sinks) sink->resume(state_.step);
  }

  void remark() {
    if (state_.step > 0) return;  // said before the interruption
    const std::string_view text = scorer_.template remark<SuperBatch>();
    if (text.empty()) return;
    for (const auto& sink : spec_.sinks) sink->note(text);
  }

  Source& source_;
  L& learner_;
  Scorer& scorer_;
  TrainerSpec spec_;
  TrainerState state_;
};

}  // namespace jest

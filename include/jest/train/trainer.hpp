#pragma once
// The training loop. It is short on purpose: read run() and one_step() and you know it all.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jest/learner/forward_ahead.hpp"
#include "jest/scorers/scorer.hpp"
#include "jest/torch/world.hpp"
#include "jest/train/checkpoint.hpp"
#include "jest/train/metrics.hpp"
#include "jest/train/trainer_spec.hpp"

namespace jest {

namespace detail {

/// Makes LibTorch's default generator a function of (seed, step, rank): ranks draw other masks.
JEST_EXPORT void seed_step(std::uint64_t seed, std::int64_t step, int rank = 0);

/// Throws where a trainer, its learner and its scorer do not have the same ranks.
inline void check_world(const World* trainers, const World* learners) {
  const auto ranks = [](const World* world) { return world == nullptr ? 1 : world->size(); };
  if (ranks(trainers) == ranks(learners)) return;
  refuse("trainer", text("a learner over its ", ranks(trainers), " ranks (StepSpec::world)"),
         text("one over ", ranks(learners)));
}

/// Shares out of counts.
inline Values shares_of(const std::map<std::string, std::int64_t>& counts) {
  double total = 0;
  for (const auto& [tag, count] : counts) total += static_cast<double>(count);
  Values shares;
  for (const auto& [tag, count] : counts) shares[tag] = static_cast<double>(count) / total;
  return shares;
}

}  // namespace detail

/// What may be called on the way; each is optional.
template <Batch B>
struct TrainerHooks {
  /// At fixed periods and at the end; of ranks all call it, to share its work, and rank 0's counts.
  std::function<Values()> evaluate = {};
  /// Counts by tag of what was trained on.
  std::function<std::map<std::string, std::int64_t>(const B&)> tags_of = {};
  /// A selection, before the step that uses it.
  std::function<void(const B&, const Selection&, std::int64_t)> watch_selection = {};
  /// What a step is about to train on, selected or not.
  std::function<void(const B&, std::int64_t)> watch_batch = {};
};

/// Trains `learner` on what `scorer` picks from the super-batches of `source`.
///
/// - source: `at(step)` gives a Batch, a pure function of the step (concept Source);
/// - learner: a Learner, whatever its objective;
/// - scorer: anything that fits the concept Scorer; what it remembers between steps is in the
///   checkpoints where it has `state` and `load_state`.
///
/// run() resumes from the newest complete checkpoint in `spec.checkpoints`, if there is one, and
/// then ends with the very bits of an undisturbed run at the same thread count, provided that what
/// is trained is a parameter of the model or of the optimizer. Everything passed in must outlive
/// the trainer.
///
/// Over ranks (`spec.world`) each is given whole super-batches, which should therefore be cheap to
/// name and be read when a model asks: a scorer with an exchange scores its part of them; picks are
/// shared out evenly (even_out); a learner with a world takes the step of the whole batch. All
/// evaluate; rank 0 alone writes metrics and checkpoints and reads them, and all begin with its
/// state: any number of ranks resumes a run, and the same number ends with the bits of an
/// undisturbed one.
///
/// Over a world in two (`spec.split`) those that score send the picks of steps to come, and are
/// sent the learner's parameters and buffers after every step, so that picks are those of one
/// process with the same staleness. With a staleness of at least 1 no step waits for scoring that
/// takes no longer than training. What one half throws, the other throws, with its rank and step. A
/// scorer that keeps a state is refused there; seconds and processor time include those of scoring.
template <Source Batches, class L, class S>
class Trainer {
 public:
  using SuperBatch = decltype(std::declval<Batches&>().at(std::int64_t{}));
  static_assert(Scorer<S, SuperBatch>,
                "jest::Trainer: a scorer needs select(super_batch, step), count(), seed() and "
                "scores(): the concept jest::Scorer");

  Trainer(Batches& source, L& learner, S& scorer, TrainerSpec spec,
          TrainerHooks<SuperBatch> hooks = {})
      : source_(source),
        learner_(learner),
        scorer_(scorer),
        spec_(std::move(spec)),
        hooks_(std::move(hooks)) {
    check_trainer(spec_);
    if (spec_.forward_ahead > 0) ahead_.check(scorer_);
    if (spec_.split) spec_.world = &spec_.split->own;
    if constexpr (requires { learner_.world(); }) {
      detail::check_world(spec_.world, learner_.world());
    } else {
      detail::check_world(spec_.world, nullptr);
    }
    std::erase(spec_.sinks, nullptr);
    if (!is_first()) spec_.sinks.clear();
  }

  const TrainerState& run() {
    resume();
    spec_.split ? run_half(*spec_.split) : train();
    return state_;
  }

 private:
  void train() {
    while (state_.step < spec_.steps) {
      const Spent start = spent();
      one_step();
      if (other_half_) send_weights();
      count(start, 1);
      if (spec_.evaluates_after(state_.step - 1)) evaluate_now();
      if (spec_.saves_after(state_.step - 1)) save();
    }
  }

  int rank() const { return spec_.world ? spec_.world->rank() : 0; }
  bool scores_apart() const { return spec_.split && spec_.split->scores; }
  bool is_first() const { return rank() == 0 && !scores_apart(); }

  /// Processor seconds of all ranks move to rank 0.
  void collect_costs() {
    if (!spec_.world) return;
    const double all = spec_.world->sum(state_.cpu_seconds);
    state_.cpu_seconds = is_first() ? all : 0;
  }

  /// Of all threads, and of what the meter counts, since any moment.
  struct Spent {
    double cpu_seconds, joules;
  };
  Spent spent() const {
    const auto& joules = spec_.meter.joules;
    return {processor_seconds(), joules ? joules() : std::nan("")};
  }

  /// Adds what was spent since `start`, times `sign`.
  void count(const Spent& start, double sign) {
    const Spent now = spent();
    state_.cpu_seconds += sign * (now.cpu_seconds - start.cpu_seconds);
    state_.joules += sign * (now.joules - start.joules);
  }

  void one_step() {
    const std::int64_t step = state_.step;
    choose_until(spec_.split ? step : step + spec_.staleness);
    const Chosen chosen = take_chosen();
    const SuperBatch& super_batch = chosen.super_batch;
    const Selection& picks = chosen.picks;
    if (picks.indices.empty()) return void(++state_.step);  // Shortage::kSkip
    if (spec_.staleness > 0) detail::seed_step(spec_.seed, step, rank());
    StageSeconds& seconds = state_.seconds;
    StepMetrics metrics = chosen.metrics;
    const SuperBatch batch = timed(seconds[Stage::kGather],
                                   [&] { return super_batch.at(own_picks(super_batch, picks)); });
    if (is_first() && (hooks_.watch_batch || hooks_.tags_of)) {
      watch(spec_.world ? super_batch.at(picks.indices) : batch, step);
    }
    metrics.learning_rate = spec_.learning_rate.at(step);
    learner_.set_learning_rate(metrics.learning_rate);
    metrics.loss = timed(seconds[Stage::kTrain], [&] { return ahead_.step(learner_, batch); });
    if (!std::isfinite(metrics.loss)) {
      refuse(text("training step ", step), "a finite loss; try a lower learning rate",
             metrics.loss);
    }
    state_.examples.trained += static_cast<std::int64_t>(picks.indices.size());
    metrics.step = ++state_.step;
    metrics.steps = spec_.steps;
    metrics.seconds = seconds;
    for (const auto& sink : spec_.sinks) sink->step(metrics);
  }

  /// Positions of what this rank trains on.
  std::vector<std::int64_t> own_picks(const SuperBatch& super_batch, const Selection& picks) {
    if (ahead_) return ahead_.finish(picks.indices);
    if (!spec_.world) return picks.indices;
    return own_share(picks.indices, detail::size_of(super_batch), *spec_.world);
  }

  /// What all ranks are about to train on.
  void watch(const SuperBatch& batch, std::int64_t step) {
    if (hooks_.watch_batch) unpaid([&] { hooks_.watch_batch(batch, step); });
    if (!hooks_.tags_of) return;
    for (const auto& [tag, count] : hooks_.tags_of(batch)) state_.tag_counts[tag] += count;
  }

  /// What a step is trained on, and what its metrics say of that.
  struct Chosen {
    SuperBatch super_batch;
    Selection picks;
    StepMetrics metrics;
  };

  std::int64_t chosen_end() const { return state_.step + std::ssize(chosen_); }

  /// The picks of all steps up to `last`, in order: by the learner as it is, or as those that score
  /// send them.
  void choose_until(std::int64_t last) {
    last = std::min(last, spec_.steps - 1);
    for (std::int64_t step = chosen_end(); step <= last; ++step) {
      detail::seed_step(spec_.seed, step, rank());
      Chosen chosen{load(step), {}, {}};
      chosen.picks = spec_.split ? receive_picks(chosen.metrics)
                                 : choose(step, chosen.super_batch, chosen.metrics);
      chosen_.push_back(std::move(chosen));
    }
  }

  SuperBatch load(std::int64_t step) {
    return timed(state_.seconds[Stage::kLoad], [&] { return source_.at(step); });
  }

  /// Of the step that is next.
  Chosen take_chosen() {
    Chosen chosen = std::move(chosen_.front());
    chosen_.pop_front();
    if (is_first() && hooks_.watch_selection && chosen.metrics.learnability_picks) {
      unpaid([&] { hooks_.watch_selection(chosen.super_batch, chosen.picks, state_.step); });
    }
    return chosen;
  }

  /// The scorer's picks on the steps it chooses, uniform ones on all others.
  ScoredSelection choose(std::int64_t step, const SuperBatch& super_batch, StepMetrics& metrics) {
    const bool selects = spec_.selection.selects(step) && !state_.selection_stopped;
    StageSeconds& seconds = state_.seconds;
    if (!scorer_.scores() || !selects) {
      return timed(seconds[Stage::kSelection], [&] {
        const std::span<const std::int64_t> ids = super_batch.ids();
        const std::int64_t count = scorer_.count(std::ssize(ids));
        return ScoredSelection(count == 0 ? Selection{}
                                          : uniform_picks(ids, count, scorer_.seed(), step));
      });
    }
    if (spec_.forward_ahead > 0) {
      ahead_.begin(learner_, scorer_, super_batch, spec_.forward_ahead, spec_.world);
    }
    ScoredSelection picks = scorer_.select(super_batch, step);
    note(picks.scoring.remark);
    account(picks, metrics);
    return picks;
  }

  void account(const ScoredSelection& picks, StepMetrics& metrics) {
    const SelectionStatistics& statistics = picks.statistics;
    StageSeconds& seconds = state_.seconds;
    seconds[Stage::kLearnerScoring] += 1e-3 * picks.scoring.learner_ms;
    seconds[Stage::kReferenceScoring] += 1e-3 * picks.scoring.reference_ms;
    seconds[Stage::kSelection] += 1e-3 * statistics.select_ms;
    state_.examples.scored += picks.scoring.learner_scored;
    state_.examples.reference_scored += picks.scoring.reference_scored;
    set_learnability(statistics, metrics);
    state_.learnability.add(statistics.mean_own_score_super_batch, spec_.selection.stop_window);
    state_.selection_stopped =
        state_.learnability.learner_beats_reference(spec_.selection.stop_window);
  }

  /// What this rank does where some train and some score.
  void run_half(SplitWorld& split) {
    other_half_.emplace(split);
    try {
      if (split.scores) {
        score_ahead(split);
        other_half_->hear();  // that all steps have been taken
      } else {
        train();
        other_half_->tell({});
      }
      other_half_->flush();
    } catch (const std::exception& error) {
      other_half_->give_up(split.scores ? step_scored_ : state_.step, error);
      throw;
    }
    other_half_.reset();
  }

  /// The picks of all steps, each by the weights of `staleness` steps before.
  void score_ahead(SplitWorld& split) {
    std::int64_t weights = state_.step;
    for (; step_scored_ < spec_.steps; ++step_scored_) {
      for (; weights < step_scored_ - spec_.staleness; ++weights) {
        other_half_->hear(weights_of_learner());
      }
      const double start = processor_seconds();
      detail::seed_step(spec_.seed, step_scored_, rank());
      StepMetrics metrics;
      detail::Told told{.picks = choose(step_scored_, load(step_scored_), metrics)};
      expect_no_state();
      told.scored = metrics.learnability_picks.has_value();
      told.remark = told.picks.scoring.remark;
      told.cpu_seconds = split.own.sum(processor_seconds() - start);
      other_half_->tell(told);
    }
  }

  void expect_no_state() {
    if constexpr (KeepsState<S>) {
      if (scorer_.state().empty()) return;
      refuse("scorers apart from trainers", "a scorer that keeps nothing between steps", "another");
    }
  }

  ScoredSelection receive_picks(StepMetrics& metrics) {
    detail::Told told = other_half_->hear();
    if (is_first()) state_.cpu_seconds += told.cpu_seconds;
    if (told.scored) account(told.picks, metrics);
    note(told.remark);
    return std::move(told.picks);
  }

  /// To those that score, who have no use for those of the last steps.
  void send_weights() {
    if (state_.step + spec_.staleness >= spec_.steps) return;
    other_half_->tell({}, weights_of_learner());
  }

  std::vector<at::Tensor> weights_of_learner() {
    if constexpr (requires { learner_.model()->buffers(); }) {
      std::vector<at::Tensor> all = learner_.model()->parameters();
      std::ranges::move(learner_.model()->buffers(), std::back_inserter(all));
      return all;
    } else {
      refuse("scorers apart from trainers", "a jest::Learner", "another");
    }
  }

  /// Passes a scorer's remark on, once a run.
  void note(std::string_view remark) {
    if (remark.empty() || !state_.noted.insert(std::string(remark)).second) return;
    for (const auto& sink : spec_.sinks) sink->note(state_.step + 1, remark);
  }

  /// Measurements are no part of what a step costs.
  template <class Work>
  void unpaid(const Work& work) {
    const Spent start = spent();
    work();
    count(start, -1);
  }

  void evaluate_now() {
    collect_costs();
    EvaluationMetrics metrics;
    if (hooks_.evaluate) {
      metrics.values = timed(state_.seconds[Stage::kEvaluate], hooks_.evaluate);
    }
    if (!is_first()) return;
    metrics.step = state_.step;
    metrics.steps = spec_.steps;
    metrics.picked_tags = detail::shares_of(std::exchange(state_.tag_counts, {}));
    metrics.examples = state_.examples;
    metrics.seconds = state_.seconds;
    metrics.cpu_seconds = state_.cpu_seconds;
    if (!std::isnan(state_.joules)) metrics.joules = state_.joules;
    for (const auto& sink : spec_.sinks) sink->evaluation(metrics);
  }

  void save() {
    for (const auto& sink : spec_.sinks) sink->flush();
    if (spec_.checkpoints.empty()) return;
    choose_until(state_.step - 1 + spec_.staleness);
    collect_costs();
    if (!is_first()) return;
    Checkpoint checkpoint{state_, tensors()};
    for (const auto& [super_batch, picks, metrics] : chosen_) {
      checkpoint.state.ahead.push_back({picks, metrics.learnability_picks.has_value()});
    }
    save_checkpoint(spec_.checkpoints, checkpoint);
  }

  /// Rank 0's, on all ranks.
  std::optional<Checkpoint> shared(std::optional<Checkpoint> checkpoint) {
    if (!scores_apart()) checkpoint = share_checkpoint(*spec_.world, std::move(checkpoint));
    if (!spec_.split || (rank() > 0 && !scores_apart())) return checkpoint;
    return share_checkpoint(spec_.split->weights, std::move(checkpoint));
  }

  void check_replicas(World& world) {
    std::vector<at::Tensor> all;
    for (const auto& [name, tensor] : learner_.state()) all.push_back(tensor);
    check_same(world, "training: the learner's parameters", all);
  }

  NamedTensors tensors() {
    NamedTensors all = learner_.state();
    if constexpr (KeepsState<S>) {
      std::ranges::move(detail::with_prefix(scorer_.state()), std::back_inserter(all));
    }
    return all;
  }

  void resume() {
    if (!spec_.checkpoints.empty()) {
      std::optional<Checkpoint> checkpoint;
      if (is_first()) checkpoint = load_checkpoint(spec_.checkpoints);
      if (spec_.world) checkpoint = shared(std::move(checkpoint));
      if (checkpoint) {
        if constexpr (KeepsState<S>) {
          scorer_.load_state(detail::scorer_state_of(checkpoint->tensors));
        }
        learner_.load_state(checkpoint->tensors);
        state_ = checkpoint->state;
        load_chosen();
      } else {
        tensors();  // what cannot be saved is refused before anything is trained
      }
    }
    if (!is_first()) state_.cpu_seconds = 0;
    if (spec_.world) check_replicas(*spec_.world);
    if (spec_.split && (scores_apart() || is_first())) check_replicas(spec_.split->weights);
    if (state_.step == 0) state_.meter = spec_.meter.name;
    const bool counts_on = spec_.meter.joules && state_.meter == spec_.meter.name;
    if (!counts_on) state_.joules = std::nan("");
    for (const auto& sink : spec_.sinks) sink->resume(state_.step);
  }

  /// Throws where the checkpoint was not written on the way of a run with this staleness.
  void load_chosen() {
    const std::int64_t left = std::max<std::int64_t>(spec_.steps - state_.step, 0);
    const std::int64_t wanted = std::min(spec_.staleness, left);
    std::vector<PicksAhead> saved = std::exchange(state_.ahead, {});
    if (std::ssize(saved) != wanted) {
      refuse(text("resume at step ", state_.step, " of ", spec_.steps),
             text("a checkpoint with the picks of ", wanted, " steps ahead (staleness ",
                  spec_.staleness, ")"),
             saved.size());
    }
    step_scored_ = state_.step + wanted;
    if (scores_apart()) return;
    for (auto& [picks, scored] : saved) {
      Chosen chosen{load(chosen_end()), std::move(picks), {}};
      if (scored) set_learnability(chosen.picks.statistics, chosen.metrics);
      chosen_.push_back(std::move(chosen));
    }
  }

  static void set_learnability(const SelectionStatistics& statistics, StepMetrics& metrics) {
    metrics.learnability_super_batch = statistics.mean_own_score_super_batch;
    metrics.learnability_picks = statistics.mean_own_score_picks;
  }

  Batches& source_;
  L& learner_;
  S& scorer_;
  TrainerSpec spec_;
  TrainerHooks<SuperBatch> hooks_;
  TrainerState state_;
  detail::AheadOfSteps<L, S, SuperBatch> ahead_;
  std::deque<Chosen> chosen_;                    ///< of the steps from state_.step on
  std::int64_t step_scored_ = 0;                 ///< by those that score apart: the next
  std::optional<detail::OtherHalf> other_half_;  ///< of a split world, while this half runs
};

}  // namespace jest

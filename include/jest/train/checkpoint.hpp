#pragma once
// Checkpoints: a folder per step that does not exist before it is complete.
//
//   <folder>/step-00000250/tensors.safetensors   parameters, buffers, states of optimizer and
//   scorer
//                          state.json             position, counters, timers
//                          complete               written last; without it the rest is ignored
//
// The first two carry checksums of their content, which loading checks; those of earlier versions,
// which carry none, load as well.
// The folder is filled under a temporary name and renamed; older checkpoints go only then.

#include <cstdint>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jest/core/cost.hpp"
#include "jest/core/error.hpp"
#include "jest/scorers/scorer.hpp"
#include "jest/torch/arrays.hpp"
#include "jest/torch/world.hpp"
#include "jest/train/trainer_spec.hpp"

namespace jest {

/// Picks that were made ahead of their step. Of the statistics, a checkpoint has the means of own
/// scores.
struct PicksAhead {
  Selection picks;
  bool scored = false;  ///< by a scorer, not drawn uniformly
};

/// Where a run stands, beside its tensors.
struct TrainerState {
  std::int64_t step = 0;  ///< steps done
  ExampleCounts examples;
  StageSeconds seconds;
  double cpu_seconds = 0;  ///< processor time of the steps, of all threads
  double joules = 0;       ///< energy of the steps; NaN unless one meter counted all of them
  std::string meter;       ///< the name of that meter; empty: none
  LearnabilityAverage learnability;
  bool selection_stopped = false;
  std::map<std::string, std::int64_t> tag_counts;  ///< of batches since the last evaluation
  std::set<std::string> noted;                     ///< remarks that were passed on
  std::vector<PicksAhead> ahead;                   ///< of the steps from `step` on
};

struct Checkpoint {
  TrainerState state;
  NamedTensors tensors;
};

JEST_EXPORT void save_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint);

/// The newest complete checkpoint, if any. Throws when it is damaged.
JEST_EXPORT std::optional<Checkpoint> load_checkpoint(const std::filesystem::path& folder);

/// Rank 0's checkpoint, or that it has none, on every rank.
JEST_EXPORT std::optional<Checkpoint> share_checkpoint(World& world,
                                                       std::optional<Checkpoint> checkpoint);

namespace detail {

/// What one half of a split world tells the other: picks of a step, or nothing but tensors.
struct Told {
  std::string failure = {};  ///< not empty: the sender has given up, for this
  ScoredSelection picks = {};
  bool scored = false;      ///< by a scorer, not drawn uniformly
  double cpu_seconds = 0;   ///< of all who scored
  std::string remark = {};  ///< of the scorer
};

/// Sends from rank 0 of a world to its others, in order, by a thread of its own: who posts does not
/// wait for who receives. What has not been sent when it ends is dropped.
class Outbox;
JEST_EXPORT std::shared_ptr<Outbox> open_outbox(World& world);

/// Leaves a message, with `tensors` as they are now. Throws what an earlier one ended in.
JEST_EXPORT void post(Outbox& outbox, const Told& told, const std::vector<at::Tensor>& tensors);
/// Waits until all have been received; throws as `post` does.
JEST_EXPORT void flush(Outbox& outbox);

/// What rank 0 sends next; `tensors` get the values of those that were posted, unless it failed.
JEST_EXPORT Told received(World& world, const std::vector<at::Tensor>& tensors = {});

/// The other half of a split world, as this half speaks with it: of each, rank 0 speaks and all
/// hear.
class OtherHalf {
 public:
  explicit OtherHalf(SplitWorld& split) : split_(split) {
    if (split.own.rank() == 0) outbox_ = open_outbox(split.scores ? split.picks : split.weights);
  }

  void tell(const Told& told, const std::vector<at::Tensor>& tensors = {}) {
    if (outbox_) post(*outbox_, told, tensors);
  }

  /// Waits until all has been heard that was told.
  void flush() {
    if (outbox_) detail::flush(*outbox_);
  }

  /// What it tells next. Throws what it has given up for.
  Told hear(const std::vector<at::Tensor>& tensors = {}) {
    Told told = received(split_.scores ? split_.weights : split_.picks, tensors);
    if (told.failure.empty()) return told;
    has_given_up_ = true;
    throw Error(told.failure);
  }

  /// Tells it, where it still listens, that this half ends at `step`.
  void give_up(std::int64_t step, const std::exception& error) {
    if (has_given_up_) return;
    try {
      tell({.failure = text("rank ", split_.rank, " of ", split_.size,
                            split_.scores ? ", which scores" : "", ", at step ", step, ": ",
                            error.what())});
      flush();
    } catch (const Error&) {
      // It has ended, too.
    }
  }

 private:
  SplitWorld& split_;
  std::shared_ptr<Outbox> outbox_;
  bool has_given_up_ = false;
};

}  // namespace detail

}  // namespace jest

// What of the trainer does not depend on its models: checks, and the seed of a step.

#include "jest/train/trainer.hpp"

#include <torch/torch.h>

#include <limits>

#include "jest/core/noise.hpp"

namespace jest {

void check_trainer(const TrainerSpec& spec) {
  // The sampler's noise counts steps in 32 bits.
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (spec.steps < 1 || spec.steps > kMost) {
    refuse("trainer", text("between 1 and ", kMost, " steps"), spec.steps);
  }
  if (spec.evaluate_every < 1) refuse("trainer", "evaluate_every >= 1", spec.evaluate_every);
  if (spec.checkpoint_every < 1) refuse("trainer", "checkpoint_every >= 1", spec.checkpoint_every);
  if (spec.staleness < 0) refuse("trainer", "a staleness of at least 0", spec.staleness);
  check_schedule(spec.selection);
}

namespace detail {

void seed_step(std::uint64_t seed, std::int64_t step, int rank) {
  constexpr std::uint32_t kStream = 0x73746570;
  const auto count = static_cast<std::uint64_t>(step);
  const auto words =
      philox4x32_10({low_word(count), high_word(count), static_cast<std::uint32_t>(rank), 0},
                    {low_word(seed) ^ kStream, high_word(seed)});
  torch::manual_seed((static_cast<std::uint64_t>(words[0]) << 32) | words[1]);
}

void check_world(const World* trainers, const World* learners) {
  const auto ranks = [](const World* world) { return world == nullptr ? 1 : world->size(); };
  if (ranks(trainers) == ranks(learners)) return;
  refuse("trainer", text("a learner over its ", ranks(trainers), " ranks (StepSpec::world)"),
         text("one over ", ranks(learners)));
}

Values shares_of(const std::map<std::string, std::int64_t>& counts) {
  std::int64_t total = 0;
  for (const auto& [tag, count] : counts) total += count;
  Values shares;
  for (const auto& [tag, count] : counts) shares[tag] = static_cast<double>(count) / total;
  return shares;
}

}  // namespace detail
}  // namespace jest

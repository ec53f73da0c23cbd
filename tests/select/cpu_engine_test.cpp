// The cpu backend in a process: many callers, children, static objects, machines that lack an
// instruction set.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "jest/select/select.hpp"
#include "oracle/dense_oracle.hpp"
#include "oracle/random_embeddings.hpp"
#include "select/cpu/contrastive.hpp"
#include "select/cpu/engine.hpp"

namespace jest {
namespace {

using oracle::Positions;

TEST(CpuThreads, ServeManyCallersAtOnce) {
  const auto models = oracle::random_models({700, 16}, 2);
  const auto pairs = models.pairs<SigmoidPairs>();
  const SelectionSpec spec{.count = 100, .sampling = {.chunks = 8}};
  const auto select_on = [&](int threads) {
    cpu::SigmoidScores state(pairs, 1, {.threads = threads, .multiply_adds_per_thread = 1});
    return sample(state, spec);
  };
  const auto want = select_on(1);
  std::vector<Selection> got(8);
  {
    std::vector<std::jthread> callers;
    for (Selection& selection : got) {
      callers.emplace_back([&] {
        for (int repeat = 0; repeat < 20; ++repeat) selection = select_on(3);
      });
    }
  }
  for (const Selection& selection : got) {
    EXPECT_EQ(selection.indices, want.indices);
    EXPECT_EQ(selection.scores, want.scores);
  }
}

/// A child of fork() has none of its parent's threads.
TEST(CpuThreads, AreStartedAnewInAChildProcess) {
  const auto models = oracle::random_models({300, 8}, 2);
  const auto pairs = models.pairs<SigmoidPairs>();
  const auto first_pick = [&] {
    cpu::SigmoidScores state(pairs, 1, {.threads = 3, .multiply_adds_per_thread = 1});
    return sample(state, {.count = 20, .sampling = {.chunks = 4}}).indices.back();
  };
  const std::int64_t want = first_pick();
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(first_pick() == want ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

/// Whatever backend and threads the spec names.
TEST(CpuEngine, SelectsByNameWhatItSelectsByItself) {
  const auto models = oracle::random_models({300, 8}, 2);
  const SelectionSpec spec{.count = 40, .sampling = {.chunks = 4}, .backend = Backend::kCpu};
  SelectionSpec other = spec;
  other.backend = Backend::kCuda;
  other.threads = 7;
  const auto expect_same = [&](const auto& pairs) {
    const Selection want = select(pairs, spec);
    for (const auto set : cpu::instruction_sets()) {
      const Selection got = cpu::select(pairs, other, {.threads = 2, .instruction_set = set});
      EXPECT_EQ(got.indices, want.indices);
      EXPECT_EQ(got.scores, want.scores);
      EXPECT_EQ(got.statistics.backend, "cpu");
      EXPECT_EQ(got.statistics.instruction_set, cpu::name_of(set));
    }
    const Selection narrow = cpu::select(pairs, spec, {.operands = cpu::Operands::kBfloat16});
    EXPECT_EQ(narrow.statistics.backend, "cpu-bf16");
  };
  expect_same(models.pairs<SigmoidPairs>());
  expect_same(models.pairs<SoftmaxPairs>());
}

TEST(CpuEngine, RefusesAnInstructionSetThatThisMachineLacks) {
  const auto models = oracle::random_models({30, 8}, 2);
  const auto sets = cpu::instruction_sets();
  for (const auto set : {cpu::InstructionSet::kNeon, cpu::InstructionSet::kAvx2}) {
    if (std::find(sets.begin(), sets.end(), set) != sets.end()) continue;
    cpu::SigmoidScores state(models.pairs<SigmoidPairs>(), 1, {.instruction_set = set});
    EXPECT_THROW(state.condition_on(Positions{1}), Error);
  }
}

/// Blocks that were released may be taken again at any later time, even as the process ends.
cpu::SigmoidScores& static_scores() {
  static const auto models = oracle::random_models({100, 8}, 2);
  static cpu::SigmoidScores scores(models.pairs<SigmoidPairs>(), 1, {});
  return scores;
}

TEST(CpuMemory, MayBeHeldByAStaticObject) {
  static_scores().condition_on(Positions{1, 2});
  EXPECT_TRUE(std::isfinite(static_scores().scores()[5]));
}

}  // namespace
}  // namespace jest

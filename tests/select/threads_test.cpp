// Selections from several threads at once, beside accumulations, and in children of fork().
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "jest/select/accumulate.hpp"
#include "jest/select/select.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest {
namespace {

using Picks = std::vector<std::int64_t>;

SelectionSpec spec_of(int threads, std::int64_t step = 0) {
  return {.count = 40,
          .sampling = {.chunks = 5},
          .step = step,
          .backend = Backend::kCpu,
          .threads = threads};
}

TEST(Threads, OfOneProcessPickTheSameAtOnce) {
  const auto models = oracle::random_models({300, 17}, 4);
  const auto pairs = models.pairs<SigmoidPairs>();
  const Picks alone = select(pairs, spec_of(1)).indices;
  std::vector<std::thread> threads;
  std::vector<int> different(6, 0);
  for (std::size_t k = 0; k < different.size(); ++k) {
    threads.emplace_back([&, k] {
      for (int round = 0; round < 8; ++round) {
        const int workers = 1 + static_cast<int>(k) % 4;
        different[k] += select(pairs, spec_of(workers)).indices != alone;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(different, std::vector<int>(6, 0));
}

TEST(Threads, AccumulateWhileOthersSelect) {
  const auto models = oracle::random_models({300, 17}, 4);
  const auto pairs = models.pairs<SoftmaxPairs>();
  const Picks want = select(pairs, spec_of(2)).indices;
  std::thread other([&] {
    for (std::int64_t step = 0; step < 12; ++step) select(pairs, spec_of(3, step));
  });
  for (int round = 0; round < 4; ++round) {
    Accumulation<SoftmaxPairs> super_batch({.candidates = 300});
    super_batch.add({.learner = pairs.learner, .reference = pairs.reference});
    EXPECT_EQ(super_batch.finish(spec_of(2)).indices, want);
  }
  other.join();
}

TEST(Threads, AreNewInAChildOfFork) {
  const auto models = oracle::random_models({300, 17}, 4);
  const auto pairs = models.pairs<SigmoidPairs>();
  const Picks want = select(pairs, spec_of(4)).indices;  // the parent's threads are there
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(select(pairs, spec_of(4)).indices == want ? 0 : 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(select(pairs, spec_of(4)).indices, want);
}

}  // namespace
}  // namespace jest

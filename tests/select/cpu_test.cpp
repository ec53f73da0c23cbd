// The cpu backend's own promises: one result for every instruction set and number of threads, the
// accuracy of its sums, and the plain backend's answer where float32 cannot go.
#include "select/cpu/engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "jest/select/select.hpp"
#include "oracle/agree.hpp"
#include "oracle/backends.hpp"
#include "oracle/dense_oracle.hpp"
#include "oracle/random_embeddings.hpp"
#include "oracle/sum_error.hpp"

namespace jest {
namespace {

using oracle::Positions;

template <class Case>
class CpuBackend : public ::testing::Test {};
using CriteriaOnCpu = ::testing::Types<oracle::On<SigmoidPairs, Backend::kCpu>,
                                       oracle::On<SoftmaxPairs, Backend::kCpu>>;
TYPED_TEST_SUITE(CpuBackend, CriteriaOnCpu);

Positions every(std::int64_t stride, std::int64_t size) {
  Positions positions;
  for (std::int64_t i = 0; i < size; i += stride) positions.push_back(i);
  return positions;
}

/// Scores after three rounds of picks, the first one of `first_round`.
template <class Case>
std::vector<double> scores_of(const typename Case::Pairs& pairs, const cpu::Engine& engine,
                              std::int64_t first_round) {
  typename Case::CpuScores state(pairs, 1, engine);
  const std::int64_t rows = pairs.candidates();
  Positions order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(7));
  std::int64_t begin = 0;
  for (const std::int64_t size : {first_round, std::int64_t{1}, first_round / 2}) {
    const std::int64_t end = std::min(begin + size, rows - 1);
    Positions picks(order.begin() + begin, order.begin() + end);
    std::sort(picks.begin(), picks.end());
    state.condition_on(picks);
    begin = end;
  }
  std::vector<double> left;
  for (std::size_t k = static_cast<std::size_t>(begin); k < order.size(); ++k) {
    left.push_back(state.scores()[order[k]]);
  }
  return left;
}

TYPED_TEST(CpuBackend, GivesTheSameBitsForEveryInstructionSetAndNumberOfThreads) {
  std::mt19937_64 random(3);
  for (int trial = 0; trial < 60; ++trial) {
    const auto rows = static_cast<std::int64_t>(2 + random() % 300);
    // Widths around the ends of chains of 96 words, too.
    const std::int64_t special[] = {1, 95, 96, 97, 300};
    const auto cols = trial < 5 ? special[trial] : static_cast<std::int64_t>(1 + random() % 70);
    const auto first = static_cast<std::int64_t>(1 + random() % static_cast<std::uint64_t>(rows));
    SCOPED_TRACE(text("B ", rows, " d ", cols, " c ", first));
    auto models = oracle::random_models({rows, cols, trial % 3}, random());
    models.learner.scale = trial % 5 == 0 ? 1e4 : 30;
    const auto pairs = models.template pairs<typename TypeParam::Pairs>();
    const auto want =
        scores_of<TypeParam>(pairs, {.instruction_set = cpu::InstructionSet::kScalar}, first);
    for (const auto set : cpu::instruction_sets()) {
      for (int threads = 1; threads <= 3; ++threads) {
        const cpu::Engine engine{
            .threads = threads, .instruction_set = set, .multiply_adds_per_thread = 1};
        EXPECT_EQ(scores_of<TypeParam>(pairs, engine, first), want)
            << cpu::name_of(set) << " " << threads;
      }
    }
  }
}

float to_bfloat16(float value) {
  const double unit = std::ldexp(1.0, std::ilogb(value) - 7);
  return value == 0 ? 0 : static_cast<float>(std::nearbyint(value / unit) * unit);
}

/// Pair terms of bfloat16 operands are those of rounded embeddings; own terms are not rounded.
TYPED_TEST(CpuBackend, Bfloat16OperandsAreRoundedEmbeddingsAndNothingElse) {
  for (const std::int64_t cols : {1, 7, 8, 33}) {
    const auto models = oracle::random_models({90, cols}, 21);
    auto rounded = models;
    for (auto* model : {&rounded.learner, &rounded.reference}) {
      for (float& value : model->x) value = to_bfloat16(value);
      for (float& value : model->y) value = to_bfloat16(value);
    }
    const auto pairs = models.template pairs<typename TypeParam::Pairs>();
    const auto dense = oracle::dense(pairs);
    const auto dense_rounded = oracle::dense(rounded.template pairs<typename TypeParam::Pairs>());
    const Positions picks = every(3, 90);
    for (const auto set : cpu::instruction_sets()) {
      typename TypeParam::CpuScores state(
          pairs, 1, {.operands = cpu::Operands::kBfloat16, .instruction_set = set});
      state.condition_on(picks);
      for (const std::int64_t i : every(1, 90)) {
        if (i % 3 == 0) continue;
        const double want = dense.own(i) + dense_rounded.score(i, picks) - dense_rounded.own(i);
        EXPECT_TRUE(oracle::agree(state.scores()[i], want, 3e-6)) << cpu::name_of(set) << " " << i;
      }
    }
  }
}

/// Half of the pairs are alike, so that some logits are large.
TEST(CpuSums, AreRightToAMillionthInEveryRegime) {
  auto models = oracle::random_models({512, 300}, 5);
  for (std::int64_t i = 0; i < 512; i += 2) {
    std::copy_n(models.learner.x_row(i), 300, models.learner.y_row(i));
  }
  for (const auto& [name, scale, bias] : oracle::kRegimes) {
    models.learner.scale = scale;
    models.learner.bias = bias;
    for (const auto contrast : {Contrast::kSigmoid, Contrast::kSoftmax}) {
      EXPECT_LT(oracle::largest_sum_error(contrast, models.learner.view()), 1e-6) << name;
    }
  }
}

TYPED_TEST(CpuBackend, PicksWhatThePlainOnePicks) {
  for (const std::int64_t chunks : {1, 4, 16, 128}) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      const auto models = oracle::random_models({640, 64}, seed);
      const auto pairs = models.template pairs<typename TypeParam::Pairs>();
      SelectionSpec spec{
          .count = 128, .sampling = {.chunks = chunks}, .seed = seed, .backend = Backend::kEigen};
      const auto want = select(pairs, spec).indices;
      spec.backend = Backend::kCpu;
      EXPECT_EQ(select(pairs, spec).indices, want) << chunks << " " << seed;
    }
  }
}

/// float32 would overflow or vanish on the way; the plain backend steps in and the answer says so.
TEST(CpuRange, FallsBackWhereFloat32CannotGo) {
  struct Extreme {
    float x, y;
    double scale;
  };
  for (const auto& [x, y, scale] : {Extreme{1e25F, 1e25F, 1e-50}, Extreme{1e-25F, 1e-25F, 1e50},
                                    Extreme{3e37F, 1e-38F, 1}, Extreme{1, 1, 1e30}}) {
    auto models = oracle::random_models({20, 3}, 5);
    for (float& value : models.learner.x) value *= x;
    for (float& value : models.learner.y) value *= y;
    models.learner.scale = scale;
    const auto pairs = models.pairs<SigmoidPairs>(kHardLearner);
    SelectionSpec spec{.count = 4, .sampling = {.chunks = 4}};
    const Selection got = select(pairs, spec);
    spec.backend = Backend::kEigen;
    EXPECT_TRUE(got.statistics.fell_back);
    EXPECT_EQ(got.scores, select(pairs, spec).scores) << x;
  }
  const auto models = oracle::random_models({20, 3}, 5);
  EXPECT_FALSE(select(models.pairs<SigmoidPairs>(), {.count = 4}).statistics.fell_back);
}

/// Every panel beyond the kept ones is packed anew; it must not matter which those are.
TEST(CpuPanels, AreTheSameKeptOrPackedAnew) {
  const std::int64_t width = 2048;
  const std::int64_t rows = cpu::kKeptPanelBytes / (2 * width * 4) + 500;
  const auto models = oracle::random_models({rows, width}, 1);
  const auto pairs = models.pairs<SigmoidPairs>({1, 0});
  cpu::SigmoidScores all(pairs, 1, {.threads = 2});
  const Positions first = every(97, rows);
  const Positions second = {1, 2, 3, 700, rows - 2, rows - 1};
  all.condition_on(first);
  all.condition_on(second);
  // The same candidates alone: few enough to be kept.
  const std::int64_t tail = rows - 600;
  for (std::int64_t i : {tail, tail + 301, rows - 3}) {
    oracle::Embeddings few = models.learner;
    Positions chosen = first;
    chosen.insert(chosen.end(), second.begin(), second.end());
    chosen.push_back(i);
    few.shape.rows = std::ssize(chosen);
    for (auto side : {&oracle::Embeddings::x, &oracle::Embeddings::y}) {
      (few.*side).clear();
      for (const std::int64_t k : chosen) {
        const auto* row = (models.learner.*side).data() + k * width;
        (few.*side).insert((few.*side).end(), row, row + width);
      }
    }
    SigmoidPairs alone;
    alone.learner = few.view();
    alone.weights = {1, 0};
    cpu::SigmoidScores state(alone, 1, {});
    Positions positions(chosen.size() - 1);
    std::iota(positions.begin(), positions.end(), 0);
    state.condition_on(std::span(positions).first(first.size()));
    state.condition_on(std::span(positions).subspan(first.size()));
    EXPECT_EQ(state.scores().back(), all.scores()[i]) << i;
  }
}

}  // namespace
}  // namespace jest

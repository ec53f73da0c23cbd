// The sampler against its own enumerated law: many steps are the samples.
#include <gtest/gtest.h>

#include "jest/select/select.hpp"
#include "oracle/chi_square.hpp"
#include "oracle/fixed_scores.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest {
namespace {

using oracle::Counts;
using oracle::Law;
using oracle::Positions;

constexpr std::uint32_t kSteps = 40'000;

template <class Draw>
Counts count_answers(const Draw& draw) {
  Counts counts;
  for (std::uint32_t step = 0; step < kSteps; ++step) ++counts[draw(step)];
  return counts;
}

void expect_fit(const Counts& counts, const Law& law) {
  const auto fit = oracle::chi_square(counts, law);
  EXPECT_LT(fit.statistic, fit.bound);
}

Positions sorted(Positions answer) {
  std::sort(answer.begin(), answer.end());
  return answer;
}

class GumbelTopK : public ::testing::Test {
 protected:
  const std::vector<double> own_{0.1, -0.4, 0.9, 0.3, -1.0, 0.5, 0.0, 0.2};
  oracle::FixedScores state_{own_};
  oracle::PairSum dense_ = oracle::dense_separable(own_);
  SelectionSpec spec_{
      .count = 3, .sampling = {.preset = Preset::kIndependent, .gain = 2}, .seed = 5};

  Counts counts() {
    return count_answers([this](std::uint32_t step) {
      spec_.step = step;
      return select(state_, spec_).indices;
    });
  }
};

TEST_F(GumbelTopK, OrderedAnswersFollowPlackettAndLuce) {
  expect_fit(counts(), oracle::enumerate_law(dense_, spec_));
}

TEST_F(GumbelTopK, MarginalsFollowPlackettAndLuce) {
  const Law law = oracle::enumerate_law(dense_, spec_);
  const Counts ordered = counts();
  for (int place = 0; place < 3; ++place) {
    Counts marginal;
    for (const auto& [answer, count] : ordered) marginal[{answer[place]}] += count;
    expect_fit(marginal, oracle::summarise(law, [&](const Positions& answer) {
                 return Positions{answer[place]};
               }));
  }
}

TEST_F(GumbelTopK, AtGainZeroIsUniform) {
  spec_.sampling.gain = 0;
  const Counts counted = counts();
  Law uniform;
  for (const auto& [answer, probability] : oracle::enumerate_law(dense_, spec_)) {
    uniform[answer] = 1.0 / (8 * 7 * 6);
    EXPECT_NEAR(probability, uniform[answer], 1e-12);
  }
  expect_fit(counted, uniform);
}

TEST_F(GumbelTopK, IsToldApartFromALawOfSlightlyDifferentGain) {
  const Counts counted = counts();
  spec_.sampling.gain = 2.2;
  const auto fit = oracle::chi_square(counted, oracle::enumerate_law(dense_, spec_));
  EXPECT_GT(fit.statistic, fit.bound) << "the test is too weak to see a gain 10% off";
}

template <class Pairs>
class ChunkedSampler : public ::testing::Test {};
using Criteria = ::testing::Types<SigmoidPairs, SoftmaxPairs>;
TYPED_TEST_SUITE(ChunkedSampler, Criteria);

TYPED_TEST(ChunkedSampler, FollowsItsOwnEnumeratedLaw) {
  const auto models = oracle::random_models({6, 3}, 2);
  const auto pairs = models.pairs<TypeParam>();
  const auto dense = oracle::dense(pairs);
  for (const std::int64_t chunks : {2, 3, 4}) {
    SelectionSpec spec{.count = 4, .sampling = {.chunks = chunks, .gain = 0.4}, .seed = 11};
    const Counts counts = count_answers([&](std::uint32_t step) {
      spec.step = step;
      return select(pairs, spec).indices;
    });
    SCOPED_TRACE(chunks);
    const Law law = oracle::enumerate_law(dense, spec);
    expect_fit(counts, law);
    Counts sets;
    for (const auto& [answer, count] : counts) sets[sorted(answer)] += count;
    expect_fit(sets, oracle::summarise(law, sorted));
  }
}

TYPED_TEST(ChunkedSampler, DiffersFromIndependentDraws) {
  const auto models = oracle::random_models({6, 3}, 2);
  const auto pairs = models.pairs<TypeParam>();
  SelectionSpec spec{.count = 4, .sampling = {.chunks = 2, .gain = 0.4}, .seed = 11};
  const Counts counts = count_answers([&](std::uint32_t step) {
    spec.step = step;
    return select(pairs, spec).indices;
  });
  spec.sampling.chunks = 1;
  const auto fit = oracle::chi_square(counts, oracle::enumerate_law(oracle::dense(pairs), spec));
  EXPECT_GT(fit.statistic, fit.bound);
}

}  // namespace
}  // namespace jest

// What a selection refuses before any work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "jest/select/cuda.hpp"
#include "jest/select/select.hpp"
#include "oracle/fixed_scores.hpp"
#include "oracle/message_of.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest {
namespace {

using oracle::message_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

void try_to_pick(const std::vector<double>& own, const SelectionSpec& spec,
                 std::span<const std::int64_t> ids = {}) {
  oracle::FixedScores state(own);
  select(state, spec, ids);
}

TEST(SelectionSpec, IsRefusedIfImpossibleWithTheNumbers) {
  const std::vector<double> own(10, 0.0);
  const auto refused = [&](const SelectionSpec& spec, const std::string& expected) {
    EXPECT_THAT(message_of([&] { try_to_pick(own, spec); }), HasSubstr(expected));
  };
  refused({.count = 0}, "between 1 and the 10 candidates, got 0");
  refused({.count = -3}, "got -3");
  refused({.count = 11}, "between 1 and the 10 candidates, got 11");
  refused({.count = 5, .sampling = {.chunks = 6}}, "between 1 and count 5, got 6");
  refused({.count = 5, .sampling = {.chunks = 0}}, "got 0");
  refused({.count = 5, .sampling = {.preset = Preset::kIndependent, .chunks = 2}}, "chunks 1");
  refused({.count = 5, .sampling = {.preset = Preset::kTopK, .chunks = 2}}, "chunks 1");
  refused({.count = 5, .sampling = {.preset = Preset::kUniform, .chunks = 2}}, "chunks 1");
  refused({.count = 5, .sampling = {.preset = Preset::kMeanField, .chunks = 2}}, "chunks 1");
  refused({.count = 5, .sampling = {.preset = Preset::kGreedy, .chunks = 2}}, "chunks 5");
  refused({.count = 5, .sampling = {.gain = -1}}, "got -1");
  refused({.count = 5, .sampling = {.gain = NAN}}, "got nan");
  refused({.count = 5, .sampling = {.gain = std::numeric_limits<double>::infinity()}}, "got inf");
  refused({.count = 5, .threads = 0}, "one thread, got 0");
  refused({.count = 5, .sampling = {.interaction = {.value = NAN}}}, "finite interaction, got nan");
  refused({.count = 5, .sampling = {.interaction = {.value = INFINITY, .start = 9}}}, "got inf");
  refused({.count = 5, .step = -1}, "a step between 0 and 4294967295, got -1");
  refused({.count = 5, .step = 4294967296}, "a step between 0 and 4294967295, got 4294967296");
}

TEST(SelectionSpec, IsRefusedWithDuplicateNegativeOrMissingIds) {
  const std::vector<double> own(4, 0.0);
  const auto message = [&](const std::vector<std::int64_t>& ids) {
    return message_of([&] { try_to_pick(own, {.count = 2}, ids); });
  };
  EXPECT_THAT(message({1, 2, 3, 2}), HasSubstr("distinct ids, got 2"));
  EXPECT_THAT(message({1, 2, -3, 4}), HasSubstr("got -3"));
  EXPECT_THAT(message({1, 2, 3}), HasSubstr("4 ids, one per candidate, got 3"));
}

/// By every backend, and by the checks that the CUDA backend shares, before any work.
TEST(Ids, OfAnotherNumberThanTheCandidatesAreRefusedByEveryCriterion) {
  const std::vector<float> values(20, 0.5F);
  const std::vector<double> own(10, 1.0);
  const std::vector<std::int64_t> ids(9);
  const MatrixView features = matrix_view(values.data(), 10, 2);
  const EmbeddingsView model{features, features, 10, -10};
  const auto refused = [](const auto& criterion, const std::string& who) {
    for (const Backend backend : {Backend::kEigen, Backend::kCpu}) {
      EXPECT_EQ(message_of([&] { select(criterion, {.count = 2, .backend = backend}); }),
                who + ": expected 10 ids, one per candidate, got 9");
    }
  };
  refused(SigmoidPairs{{.learner = model, .reference = model, .ids = ids}}, "select");
  refused(SoftmaxPairs{{.learner = model, .reference = model, .ids = ids}}, "select");
  const std::span<const float> direction(values.data(), 2);
  refused(GradientAlignment{.features = features, .direction = direction, .ids = ids},
          "gradient alignment");
  refused(EmbeddingDiversity{.importance = own, .embeddings = features, .ids = ids},
          "embedding diversity");
  const std::span<const float> losses(values.data(), 10);
  refused(Losses{losses, losses, ids}, "separable scores");
}

TEST(Ids, AreThoseOfTheirCriterion) {
  const std::vector<float> values(20, 0.5F);  // equal rows: ties, which the smaller id wins
  const std::vector<double> own(4, 1.0);
  const std::vector<std::int64_t> ids{9, 4, 7, 2};
  const MatrixView features = matrix_view(values.data(), 4, 2);
  const EmbeddingsView model{features, features, 10, -10};
  const auto expect_by_id = [](const auto& criterion) {
    const SelectionSpec spec{.count = 3, .sampling = {.preset = Preset::kGreedy}};
    EXPECT_THAT(select(criterion, spec).indices, ElementsAre(3, 1, 2));
  };
  expect_by_id(SigmoidPairs{{.learner = model, .reference = model, .ids = ids}});
  expect_by_id(SoftmaxPairs{{.learner = model, .reference = model, .ids = ids}});
  const std::span<const float> direction(values.data(), 2);
  expect_by_id(GradientAlignment{.features = features, .direction = direction, .ids = ids});
  expect_by_id(EmbeddingDiversity{.importance = own, .embeddings = features, .ids = ids});
  const std::span<const float> losses(values.data(), 4);
  expect_by_id(Losses{losses, losses, ids});
}

TEST(SelectionSpec, FindsOneIdTwiceAmongMany) {
  // One product with the golden ratio sends multiples of Fibonacci's numbers to neighbours:
  // minutes.
  for (const std::int64_t stride :
       {std::int64_t{1}, std::int64_t{1} << 40, std::int64_t{832040}, std::int64_t{12586269025}}) {
    std::vector<std::int64_t> ids;
    for (std::int64_t i = 0; i < 400'000; ++i) ids.push_back(i * stride);
    EXPECT_NO_THROW(check_ids(ids));
    ids[4321] = ids[17];
    EXPECT_THAT(message_of([&] { check_ids(ids); }), HasSubstr(text("got ", ids[17], " more")));
  }
}

TEST(SelectionSpec, IsRefusedWhereItsBackendIsMissing) {
  if (cuda::available()) GTEST_SKIP() << "this build has the CUDA backend";
  const auto models = oracle::random_models({10, 4}, 2);
  EXPECT_THAT(message_of([&] {
                select(models.pairs<SigmoidPairs>(), {.count = 2, .backend = Backend::kCuda});
              }),
              HasSubstr("cuda"));
}

TEST(SelectionSpec, LeadsToTheCudaBackendForCriteriaWithoutContrastToo) {
  if (cuda::device_count() > 0) GTEST_SKIP() << "tests/gpu selects on this machine's device";
  const std::vector<float> values(20, 0.5F);
  const std::vector<double> own(10, 1.0);
  const MatrixView features = matrix_view(values.data(), 10, 2);
  const SelectionSpec spec{.count = 2, .backend = Backend::kCuda};
  const auto expect_it_tried = [](const std::string& message) {
    EXPECT_THAT(message, AllOf(HasSubstr("cuda"), Not(HasSubstr("expected"))));
  };
  expect_it_tried(message_of([&] {
    select(GradientAlignment{.features = features, .direction = {values.data(), 2}}, spec);
  }));
  expect_it_tried(message_of(
      [&] { select(EmbeddingDiversity{.importance = own, .embeddings = features}, spec); }));
  expect_it_tried(message_of([&] { select(Losses{values, values}, spec); }));
}

}  // namespace
}  // namespace jest

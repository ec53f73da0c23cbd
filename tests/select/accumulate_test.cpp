#include "jest/select/accumulate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "oracle/counted_memory.hpp"
#include "oracle/random_embeddings.hpp"

namespace jest {
namespace {

using ::testing::HasSubstr;

EmbeddingsView part_of(EmbeddingsView view, std::int64_t first, std::int64_t rows) {
  for (MatrixView* side : {&view.x, &view.y}) {
    side->data = side->row(first);
    side->rows = rows;
  }
  return view;
}

template <class Pairs>
void add_parts(Accumulation<Pairs>& super_batch, const Pairs& pairs,
               std::span<const std::int64_t> ids, std::int64_t size) {
  for (std::int64_t first = 0; first < pairs.candidates(); first += size) {
    const std::int64_t rows = std::min(size, pairs.candidates() - first);
    MicroBatch part{.learner = part_of(pairs.learner, first, rows),
                    .reference = part_of(pairs.reference, first, rows)};
    if (!ids.empty()) {
      part.ids = ids.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(rows));
    }
    super_batch.add(part);
  }
}

template <class Pairs>
class Accumulations : public ::testing::Test {};
using Criteria = ::testing::Types<SigmoidPairs, SoftmaxPairs>;
TYPED_TEST_SUITE(Accumulations, Criteria);

TYPED_TEST(Accumulations, PickWhatTheWholeSuperBatchPicks) {
  const auto models = oracle::random_models({150, 9, 2}, 4);
  auto pairs = models.template pairs<TypeParam>();
  const auto ids = oracle::shuffled_ids(150, 3);
  for (const std::int64_t size : {1, 7, 64, 150}) {
    for (const bool named : {true, false}) {
      Accumulation<TypeParam> super_batch({.candidates = 150});
      const std::span<const std::int64_t> given = named ? std::span(ids) : std::span(ids).first(0);
      add_parts(super_batch, pairs, given, size);
      const Selection got = super_batch.finish({.count = 40, .sampling = {.chunks = 5}});
      pairs.ids = given;
      const Selection want = select(pairs, {.count = 40, .sampling = {.chunks = 5}});
      EXPECT_EQ(got.indices, want.indices);
      EXPECT_EQ(got.scores, want.scores);
    }
  }
}

TEST(Accumulation, NeedsNoModelWithoutWeight) {
  const auto models = oracle::random_models({60, 5}, 4);
  auto pairs = models.pairs<SigmoidPairs>(kEasyReference);
  pairs.learner = {};
  Accumulation<SigmoidPairs> super_batch({.candidates = 60, .like = pairs});
  super_batch.add({.reference = pairs.reference});
  EXPECT_EQ(super_batch.finish({.count = 9}).indices, select(pairs, {.count = 9}).indices);
}

TEST(Accumulation, KeepsTheOptionsOfItsCriterion) {
  const auto models = oracle::random_models({60, 5}, 4);
  auto pairs = models.pairs<SoftmaxPairs>({0.5, 1});
  pairs.include_positive = true;
  Accumulation<SoftmaxPairs> super_batch({.candidates = 60, .like = pairs});
  super_batch.add({.learner = pairs.learner, .reference = pairs.reference});
  EXPECT_EQ(super_batch.finish({.count = 9}).scores, select(pairs, {.count = 9}).scores);
}

/// Half a part must not stay behind: whatever failed, the next part can be the first.
TEST(Accumulation, IsAsBeforeWhenThereIsNoMemory) {
  if (!oracle::memory_is_counted()) GTEST_SKIP() << "a sanitizer owns the allocator";
  constexpr std::int64_t kTooWide = 1 << 16;  // 64 TiB of the reference's rows
  const auto narrow = oracle::random_embeddings({1, 1}, 4);
  const auto wider = oracle::random_embeddings({1, 2}, 4);
  const std::vector<float> row(kTooWide);
  EmbeddingsView reference = narrow.view();
  reference.x = reference.y = matrix_view(row.data(), 1, kTooWide);
  Accumulation<SigmoidPairs> super_batch({.candidates = std::int64_t{1} << 28});
  for (const EmbeddingsView& learner : {narrow.view(), wider.view()}) {
    EXPECT_THROW(super_batch.add({.learner = learner, .reference = reference}), std::bad_alloc);
    EXPECT_EQ(super_batch.rows(), 0);
  }
}

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

TEST(Accumulation, RefusesPartsThatDoNotFitAndKeepsWhatItHas) {
  const auto models = oracle::random_models({20, 5}, 4);
  const auto pairs = models.pairs<SigmoidPairs>();
  const auto other = oracle::random_models({20, 6}, 4).pairs<SigmoidPairs>();
  Accumulation<SigmoidPairs> super_batch({.candidates = 20});
  const auto add = [&](const MicroBatch& part) { return refusal([&] { super_batch.add(part); }); };
  const EmbeddingsView learner = part_of(pairs.learner, 0, 10);
  const EmbeddingsView reference = part_of(pairs.reference, 0, 10);
  super_batch.add({.learner = learner, .reference = reference});
  EmbeddingsView warmer = learner;
  warmer.scale = 11;
  const std::vector<std::int64_t> ids(10);
  EXPECT_THAT(add({.learner = part_of(other.learner, 0, 10), .reference = reference}),
              HasSubstr("width 5 in every part, got 6"));
  EXPECT_THAT(add({.learner = warmer, .reference = reference}), HasSubstr("got 11"));
  EXPECT_THAT(add({.learner = learner, .reference = part_of(pairs.reference, 0, 9)}),
              HasSubstr("10 reference rows"));
  EXPECT_THAT(add({.learner = pairs.learner, .reference = pairs.reference}),
              HasSubstr("at most 20 candidates, got 30"));
  EXPECT_THAT(add({.ids = ids, .learner = learner, .reference = reference}),
              HasSubstr("ids in every part or in none"));
  EXPECT_THAT(refusal([&] { super_batch.finish({.count = 3}); }),
              HasSubstr("20 candidates before finish, got 10"));
  super_batch.add(
      {.learner = part_of(pairs.learner, 10, 10), .reference = part_of(pairs.reference, 10, 10)});
  EXPECT_EQ(super_batch.finish({.count = 5}).indices, select(pairs, {.count = 5}).indices);
}

TEST(Accumulation, NeedsTheBytesItSays) {
  if (!oracle::memory_is_counted()) GTEST_SKIP() << "a sanitizer owns the allocator";
  const std::int64_t rows = 4096;
  const std::int64_t width = 64;
  const auto models = oracle::random_models({rows, width}, 4);
  const auto pairs = models.pairs<SigmoidPairs>();
  const auto ids = oracle::shuffled_ids(rows, 3);
  const std::int64_t before = oracle::bytes_now();
  oracle::restart_peak();
  Accumulation<SigmoidPairs> super_batch({.candidates = rows});
  add_parts(super_batch, pairs, ids, 512);
  const std::int64_t held = 8 * rows * (width + width + 3) + 8 * rows;
  EXPECT_LT(oracle::peak_bytes() - before, held + held / 100);
  const Selection picks = super_batch.finish({.count = 400});
  const std::int64_t most = held + 2 * picks.statistics.extra_bytes;
  EXPECT_LT(oracle::peak_bytes() - before, most);
}

}  // namespace
}  // namespace jest

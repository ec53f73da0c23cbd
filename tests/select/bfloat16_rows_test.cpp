// Rows that ranks of the cpu-bf16 backend exchange: two bytes a number, and the bits of one
// process.
#include <gtest/gtest.h>

#include "jest/select/select.hpp"
#include "oracle/random_embeddings.hpp"
#include "oracle/selection_cases.hpp"
#include "oracle/shares.hpp"
#include "oracle/thread_ranks.hpp"

namespace jest {
namespace {

using oracle::over;
using oracle::part_of;
using oracle::same;
using oracle::ThreadRank;

constexpr std::int64_t kB = 700;
constexpr int kRanks[] = {2, 3, 7};

SelectionSpec spec_of(Preset preset) {
  return {.count = 96,
          .sampling = {.preset = preset, .gain = 3},
          .seed = 5,
          .backend = Backend::kCpuBf16};
}

/// The bytes of every exchange of rank 0.
template <class Pairs>
std::vector<std::int64_t> expect_one_process(const Pairs& pairs, const SelectionSpec& spec,
                                             int ranks) {
  const Selection want = select(pairs, spec);
  std::vector<std::int64_t> bytes;
  const auto answers = oracle::answers_of_ranks<Selection>(ranks, [&](ThreadRank& rank) {
    const Shard shard = shard_of(pairs.candidates(), ranks, rank.rank());
    Selection picks = select(part_of(pairs, shard), over(spec, shard, rank));
    if (rank.rank() == 0) bytes = rank.bytes;
    return picks;
  });
  for (const Selection& got : answers) EXPECT_TRUE(same(got, want)) << ranks;
  return bytes;
}

/// Of two models, of odd widths.
template <class Pairs>
void expect_presets_agree(const oracle::TwoModels& models, const ScoreWeights& weights) {
  auto pairs = models.pairs<Pairs>(weights);
  const auto ids = oracle::shuffled_ids(kB, 4);
  pairs.ids = ids;
  for (const auto& [name, preset] : kPresets) {
    SCOPED_TRACE(name);
    for (const int ranks : kRanks) expect_one_process(pairs, spec_of(preset), ranks);
  }
}

TEST(Bfloat16Rows, GiveTheBitsOfOneProcess) {
  const oracle::TwoModels models{oracle::random_embeddings({kB, 13}, 1),
                                 oracle::random_embeddings({kB, 7}, 2)};
  for (const ScoreWeights& weights : {kLearnability, kHardLearner, kEasyReference}) {
    expect_presets_agree<SigmoidPairs>(models, weights);
    expect_presets_agree<SoftmaxPairs>(models, weights);
  }
}

TEST(Bfloat16Rows, AreOfTwoBytesANumber) {
  const oracle::TwoModels models{oracle::random_embeddings({kB, 16}, 1),
                                 oracle::random_embeddings({kB, 19}, 2)};
  const auto pairs = models.pairs<SigmoidPairs>();
  SelectionSpec spec = spec_of(Preset::kJoint);
  spec.sampling.chunks = 4;
  for (const int ranks : kRanks) {
    const auto bytes = expect_one_process(pairs, spec, ranks);
    ASSERT_EQ(bytes.size(), 2u * 4);
    for (const std::size_t k : {2, 4, 6}) EXPECT_EQ(bytes[k], 96 / 4 * 2 * (16 + 19) * 2) << k;
  }
}

TEST(Bfloat16Rows, AreFloat32OfAModelThatFallsBack) {
  oracle::TwoModels models{oracle::random_embeddings({kB, 16}, 1),
                           oracle::random_embeddings({kB, 8}, 2)};
  models.reference.x_row(300)[0] = 1e31F;  // on one rank
  const auto pairs = models.pairs<SigmoidPairs>();
  SelectionSpec spec = spec_of(Preset::kJoint);
  spec.sampling.chunks = 4;
  for (const int ranks : kRanks) {
    const auto bytes = expect_one_process(pairs, spec, ranks);
    ASSERT_EQ(bytes.size(), 2u * 4);
    EXPECT_EQ(bytes[2], 96 / 4 * 2 * (16 * 2 + 8 * 4));
  }
}

}  // namespace
}  // namespace jest

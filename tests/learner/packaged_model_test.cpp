// What packaged models are to the rest of the library. Packages are run by
// tests/torch/export_guide_test.py, and refused ones by tests/programs/packaged_refusals_test.py.
#include "jest/learner/packaged_model.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "jest/learner/callables.hpp"
#include "jest/learner/reference_model.hpp"
#include "oracle/message_of.hpp"
#include "oracle/small_towers.hpp"

namespace jest {
namespace {

using testing::VectorPairs;

static_assert(EmbedsPairs<PackagedModel, TensorBatch> && !GivesLosses<PackagedModel, TensorBatch>);
static_assert(GivesLosses<PackagedLossModel, TensorBatch> &&
              !EmbedsPairs<PackagedLossModel, TensorBatch>);
static_assert(ReferenceEmbeds<ReferenceModel<PackagedModel>, TensorBatch>);
static_assert(ReferenceGivesLosses<ReferenceModel<PackagedLossModel>, TensorBatch>);

const auto kEmbedPairs = [](PackagedModel& model, const VectorPairs& batch) {
  return model->embed({batch.x, batch.y});
};
const auto kLossesOfX = [](PackagedLossModel& model, const VectorPairs& batch) {
  return model->losses({batch.x});
};
using OfPairs = WithEmbed<PackagedModel, decltype(kEmbedPairs)>;
using LossesOfPairs = WithLosses<PackagedLossModel, decltype(kLossesOfX)>;
static_assert(ReferenceEmbeds<ReferenceModel<OfPairs>, VectorPairs>);
static_assert(ReferenceGivesLosses<ReferenceModel<LossesOfPairs>, VectorPairs>);

TEST(PackagedModels, AreRefusedWhereThereIsNone) {
  for (const std::string& said : {oracle::message_of([] { PackagedModel("no/guide.pt2"); }),
                                  oracle::message_of([] { PackagedModel("no/guide.pt2", 1, 0); }),
                                  oracle::message_of([] { PackagedLossModel("no/guide.pt2"); })}) {
    EXPECT_EQ(said, "read no/guide.pt2: expected a readable file, got No such file or directory");
  }
}

/// Never called: there is no package here. What a user writes compiles.
[[maybe_unused]] Embeddings of_pairs(const TensorBatch& super_batch, const VectorPairs& pairs) {
  // [guide]
  jest::PackagedModel guide{"minilm.pt2"};  // forward(x_ids, x_mask, y_ids, y_mask)
  jest::ReferenceModel reference{guide};    // of TensorBatch: its four tensors are the inputs
  jest::Embeddings embeddings = reference.embeddings(super_batch);
  // [guide]
  // [guide-of-own-batch]
  auto of_mine = jest::with_embed(guide, [](auto& model, const VectorPairs& batch) {
    return model->embed({batch.x, batch.y});  // the inputs of forward()
  });
  jest::ReferenceModel mine{of_mine, {.micro_batch = 64}};
  // [guide-of-own-batch]
  return super_batch.ids().empty() ? embeddings : mine.embeddings(pairs);
}

}  // namespace
}  // namespace jest

// Scoring a view of a super-batch; stored losses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "jest/scorers/joint_example_scorer.hpp"
#include "jest/scorers/wrappers.hpp"
#include "oracle/message_of.hpp"
#include "oracle/small_towers.hpp"
#include "oracle/temporary_folder.hpp"

namespace jest::testing {
namespace {

using oracle::message_of;
using ::testing::HasSubstr;

/// Examples of which the first numbers can be hidden.
struct Numbers {
  std::vector<std::int64_t> names;
  std::vector<float> values;
  double hidden = 0;

  std::span<const std::int64_t> ids() const { return names; }
  Numbers at(const std::vector<std::int64_t>& positions) const {
    Numbers batch{{}, {}, hidden};
    for (const std::int64_t k : positions) {
      batch.names.push_back(names[k]);
      batch.values.push_back(values[k]);
    }
    return batch;
  }
};

/// The loss is the number, or its negative in a view that hides something.
struct ViewedLoss : torch::nn::Module {
  at::Tensor losses(const Numbers& batch) const {
    at::Tensor values = torch::tensor(batch.values);
    return batch.hidden == 0 ? values : -values;
  }
};

struct Viewed {
  std::shared_ptr<ViewedLoss> model = std::make_shared<ViewedLoss>();
  torch::optim::SGD optimizer{std::vector<at::Tensor>{torch::zeros({1})}, 0.1};
  Learner<std::shared_ptr<ViewedLoss>> learner{model, optimizer};
  ReferenceModel<LossStore> reference{LossStore(std::span<const std::int64_t>(), {})};
  JointExampleScorer<std::shared_ptr<ViewedLoss>, ReferenceModel<LossStore>> scorer{
      learner,
      reference,
      {.count = 2, .sampling = {.preset = Preset::kTopK}, .score = kHardLearner}};
  Numbers batch{{4, 5, 6, 7}, {1, 4, 3, 2}};
};

TEST(ScoredAs, PicksByTheViewAndGivesPositionsInTheWhole) {
  Viewed f;
  EXPECT_EQ(f.scorer.select(f.batch, 0).indices, (std::vector<std::int64_t>{1, 2}));
  ScoredAs scorer(f.scorer, [](Numbers batch) {
    batch.hidden = 1;
    return batch;
  });
  EXPECT_EQ(scorer.select(f.batch, 0).indices, (std::vector<std::int64_t>{0, 3}));
  EXPECT_EQ(scorer.count(4), 2);
}

TEST(ScoredAs, RefusesAViewOfOtherExamples) {
  Viewed f;
  ScoredAs scorer(f.scorer, [](const Numbers& batch) { return batch.at({0, 1}); });
  EXPECT_THAT(message_of([&] { scorer.select(f.batch, 0); }), HasSubstr("all 4 examples"));
}

class StoredLosses : public ::testing::Test {
 protected:
  void SetUp() override {
    write_loss_store(path_, {torch::tensor({0.5F, 1.5F, 2.5F}),
                             torch::tensor({30, 10, 20}, at::kLong), "model 1"});
  }

  oracle::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.file("losses.safetensors");
};

TEST_F(StoredLosses, ComeBackById) {
  const LossStore store(path_, "model 1");
  const std::vector<std::int64_t> ids = {20, 30};
  EXPECT_TRUE(store.gather(ids).equal(torch::tensor({2.5F, 0.5F})));
  const std::vector<std::int64_t> unknown = {11};
  EXPECT_THAT(message_of([&] { store.gather(unknown); }), HasSubstr("id 11"));
}

TEST_F(StoredLosses, OfAnotherModelAreRefused) {
  EXPECT_THAT(message_of([&] { LossStore(path_, "model 2"); }), HasSubstr("model 1"));
  LossStore(path_, "");
}

TEST_F(StoredLosses, ThatWereTamperedWithAreRefused) {
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-1, std::ios::end);
  file.put(1);
  file.close();
  EXPECT_THAT(message_of([&] { LossStore(path_, "model 1"); }), HasSubstr("checksum"));
}

TEST_F(StoredLosses, MustBeOnePerId) {
  const at::Tensor losses = torch::zeros({2});
  EXPECT_THROW(write_loss_store(path_, {losses, torch::zeros({3}, at::kLong), ""}), Error);
  EXPECT_THROW(write_loss_store(path_, {losses, torch::zeros({2}), ""}), Error);
  EXPECT_THROW(write_loss_store(path_, {losses.view({1, 2}), torch::zeros({2}, at::kLong), ""}),
               Error);
}

}  // namespace
}  // namespace jest::testing

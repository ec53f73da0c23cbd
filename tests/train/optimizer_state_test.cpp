// What an optimizer remembers, in and out of a checkpoint.
#include <gmock/gmock.h>
#include <torch/torch.h>

#include "jest/learner/learner.hpp"
#include "jest/train/fused_adam.hpp"
#include "oracle/message_of.hpp"

namespace jest {
namespace {

using ::testing::HasSubstr;

/// One matrix, stored by columns, and a vector.
struct ColumnsImpl : torch::nn::Module {
  at::Tensor matrix, vector;

  ColumnsImpl() {
    torch::manual_seed(1);
    matrix = register_parameter("matrix", torch::randn({3, 2}).t());
    vector = register_parameter("vector", torch::randn({2}));
  }
  at::Tensor loss() {
    return (matrix.mv(torch::tensor({1.0F, 2.0F, 3.0F})) * vector).square().sum();
  }
};
TORCH_MODULE(Columns);

void step_on(torch::optim::Optimizer& optimizer, const at::Tensor& loss) {
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}

void take_steps(Columns& model, torch::optim::Optimizer& optimizer, int count) {
  for (int step = 0; step < count; ++step) step_on(optimizer, model->loss());
}

TEST(OptimizerState, OfAParameterThatIsStoredByColumnsIsRestored) {
  Columns undisturbed, stopped, resumed;
  const auto a = fused_adam(undisturbed->parameters(), {.learning_rate = 0.1});
  const auto b = fused_adam(stopped->parameters(), {.learning_rate = 0.1});
  const auto c = fused_adam(resumed->parameters(), {.learning_rate = 0.1});
  ASSERT_FALSE(undisturbed->matrix.is_contiguous());
  take_steps(undisturbed, *a, 6);
  take_steps(stopped, *b, 3);
  NamedTensors saved = detail::training_state(*stopped, *b);
  for (auto& [name, tensor] : saved) tensor = tensor.detach().contiguous().clone();  // as in a file
  detail::load_training_state(*resumed, *c, saved);
  take_steps(resumed, *c, 3);
  EXPECT_TRUE(resumed->matrix.equal(undisturbed->matrix));
  EXPECT_TRUE(resumed->vector.equal(undisturbed->vector));
}

TEST(OptimizerState, OfParametersInAnotherOrderIsRefused) {
  Columns model;
  const auto optimizer = fused_adam(model->parameters(), {});
  take_steps(model, *optimizer, 1);
  const NamedTensors saved = detail::training_state(*model, *optimizer);
  const auto other = fused_adam({model->vector, model->matrix}, {});
  EXPECT_THAT(
      oracle::message_of([&] { detail::load_training_state(*model, *other, saved); }),
      HasSubstr("load checkpoint: expected optimizer.0.exp_avg of shape [2] float, got [2, 3]"));
}

TEST(OptimizerState, OfAnotherKindOfOptimizerIsRefused) {
  Columns model;
  torch::optim::SGD sgd(model->parameters(), torch::optim::SGDOptions(0.1).momentum(0.9));
  take_steps(model, sgd, 1);
  const auto adam = fused_adam(model->parameters(), {});
  const NamedTensors of_sgd = detail::training_state(*model, sgd);
  EXPECT_THAT(oracle::message_of([&] { detail::load_training_state(*model, *adam, of_sgd); }),
              HasSubstr("expected tensor optimizer.0.step, got none"));
  take_steps(model, *adam, 1);
  const NamedTensors of_adam = detail::training_state(*model, *adam);
  EXPECT_THAT(oracle::message_of([&] { detail::load_training_state(*model, sgd, of_adam); }),
              HasSubstr("expected tensor optimizer.0.momentum_buffer, got none"));
}

/// A temperature of the objective, which no module owns.
TEST(OptimizerState, HoldsWhatTheOptimizerMovesAndTheModelHasNot) {
  Columns model, other;
  const auto temperature = [] { return torch::full({1}, 2.0F).requires_grad_(); };
  const at::Tensor trained = temperature();
  const at::Tensor resumed = temperature();
  const auto optimizer = fused_adam({model->matrix, trained}, {.learning_rate = 0.1});
  step_on(*optimizer, model->loss() / trained.sum());
  const NamedTensors saved = detail::training_state(*model, *optimizer);
  const auto again = fused_adam({other->matrix, resumed}, {.learning_rate = 0.1});
  detail::load_training_state(*other, *again, saved);
  EXPECT_FALSE(trained.equal(temperature()));
  EXPECT_TRUE(resumed.equal(trained));
}

TEST(OptimizerState, OfAnUnknownOptimizerIsRefusedBeforeItTakesAStep) {
  Columns model;
  torch::optim::RMSprop rmsprop(model->parameters());
  EXPECT_THAT(oracle::message_of([&] { detail::training_state(*model, rmsprop); }),
              HasSubstr("expected Adam, AdamW or SGD, got another"));
}

TEST(FusedAdam, LeavesAGroupWithoutGradientsAlone) {
  Columns model;
  const auto optimizer = fused_adam({model->vector}, {.learning_rate = 0.1});
  optimizer->add_param_group(torch::optim::OptimizerParamGroup(
      {model->matrix}, std::make_unique<torch::optim::AdamOptions>(0.1)));
  model->matrix.requires_grad_(false);
  const at::Tensor before = model->matrix.clone();
  take_steps(model, *optimizer, 2);
  EXPECT_TRUE(model->matrix.equal(before));
}

}  // namespace
}  // namespace jest

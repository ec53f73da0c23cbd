#pragma once
// A training of a tiny model, guided by another: all that the loop needs, at its smallest.

#include <torch/torch.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "jest/train/fused_adam.hpp"
#include "jest/train/trainer.hpp"
#include "oracle/small_towers.hpp"

namespace jest::testing {

struct Training {
  explicit Training(bool adam = true) {
    if (adam) {
      optimizer = fused_adam(model->parameters(), {.learning_rate = 0.02});
    } else {
      optimizer = std::make_unique<torch::optim::SGD>(model->parameters(),
                                                      torch::optim::SGDOptions(0.02).momentum(0.9));
    }
  }

  NamedTensors train(TrainerSpec spec) {
    Learner learner(model, *optimizer);
    ReferenceModel<SmallTowers> reference(guide);
    JointExampleScorer scorer(learner, reference,
                              {.count = 8, .sampling = {.chunks = 4}, .seed = 3});
    spec.learning_rate = {.peak = 0.02, .warmup = 3, .steps = 20};
    spec.seed = 11;
    const auto evaluate = [this] { return Values{{"forwards", 1.0 * ++evaluations}}; };
    const auto tags_of = [](const VectorPairs& batch) {
      return std::map<std::string, std::int64_t>{
          {"even", std::count_if(batch.names.begin(), batch.names.end(),
                                 [](auto id) { return id % 2 == 0; })},
          {"any", 8}};
    };
    Trainer trainer(source, learner, scorer, spec, {.evaluate = evaluate, .tags_of = tags_of});
    state = trainer.run();
    return learner.state();
  }

  SmallTowers model = make_towers(1);
  SmallTowers guide = make_towers(2);
  std::unique_ptr<torch::optim::Optimizer> optimizer;
  RollingSource source{make_pairs(200, 5), 40};
  TrainerState state;
  int evaluations = 0;
};

}  // namespace jest::testing

#pragma once
// The door to jest with LibTorch: link jest::jest and include this. The loop of the README needs no
// other header of the library.
//
//   jest::Learner learner{model, optimizer};
//   jest::ReferenceModel reference{guide};
//   jest::JointExampleScorer scorer{learner, reference, {.count = 64, .seed = 7}};
//   // per step: learner.step(super_batch.at(scorer.select(super_batch, step).indices));
//
// A model needs `embed(batch)` or `losses(batch)`; a batch needs `ids()` and `at(positions)`, which
// TensorBatch has. A published method by its name: scorer_of and objective_of. A loop that resumes
// and keeps metrics: jest/train/trainer.hpp. Selection from embeddings alone, without LibTorch:
// jest/select.hpp.

#include "jest/learner/callables.hpp"
#include "jest/learner/learner.hpp"
#include "jest/learner/reference_model.hpp"
#include "jest/methods/methods.hpp"
#include "jest/methods/run.hpp"
#include "jest/scorers/aligned_scorer.hpp"
#include "jest/scorers/joint_example_scorer.hpp"
#include "jest/scorers/wrappers.hpp"
#include "jest/torch/device.hpp"
#include "jest/torch/losses.hpp"
#include "jest/torch/select.hpp"
#include "jest/torch/tensor_batch.hpp"

#pragma once
// The door to jest without LibTorch: link jest::core and include this.
//
//   jest::EmbeddingsView learner{jest::matrix_view(x, B, d), jest::matrix_view(y, B, d), t, beta};
//   jest::SigmoidPairs pairs{{.learner = learner, .reference = reference}};
//   jest::Selection picks = jest::select(pairs, {.count = 128, .seed = 7, .step = step});
//
// What is scored: SigmoidPairs, SoftmaxPairs, GradientAlignment, EmbeddingDiversity, Losses, or a
// type of your own with scores() and condition_on(picks). How it is sampled: SelectionSpec. Picks
// are positions in draw order, a pure function of the arguments. Super-batches that come in parts:
// Accumulation. All throws are jest::Error, one line each. Of CPUs and GPUs: select/cpu.hpp,
// select/cuda.hpp.

#include "jest/core/error.hpp"
#include "jest/core/score.hpp"
#include "jest/core/views.hpp"
#include "jest/criteria/conditional_scores.hpp"
#include "jest/criteria/contrastive.hpp"
#include "jest/criteria/linear_pairs.hpp"
#include "jest/criteria/separable.hpp"
#include "jest/select/accumulate.hpp"
#include "jest/select/sampler.hpp"
#include "jest/select/select.hpp"
#include "jest/select/selection.hpp"

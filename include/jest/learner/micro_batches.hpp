#pragma once
// The gradient of a whole batch in the memory of a part of it.
//
// Contrastive losses see all examples at once, so parts of a batch cannot be trained on one by one.
// GradCache (Gao, Zhang, Han and Callan, RepL4NLP 2021) splits backpropagation at the embeddings:
// a first pass embeds all parts without a graph; the loss of all embeddings gives the gradient with
// regard to each; a second pass embeds every part again, with a graph, and goes on from there. The
// same holds of any function of what a model gives: losses of examples, losses of tokens.
//
// In the same way the parts of a batch may lie on several ranks, which tell each other what their
// models give.

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

#include <cstdint>
#include <functional>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

#include "jest/learner/objective.hpp"
#include "jest/learner/scoring.hpp"
#include "jest/torch/world.hpp"

namespace jest::detail {

struct MicroBatches {
  std::int64_t size = 0;  ///< examples of one pass
  Precision precision = Precision::kAmbient;
};

/// The state of what dropout draws from: LibTorch's default generator of a device, and the CPU's.
class JEST_EXPORT GeneratorStates {
 public:
  explicit GeneratorStates(c10::Device device);
  void restore() const;

 private:
  c10::Device device_;
  at::Tensor host_;
  at::Tensor on_device_;  ///< undefined on the CPU
};

/// The same values without a graph, to which backward() leaves their gradient.
JEST_EXPORT at::Tensor gradient_leaf(const at::Tensor& values);

/// What the second pass gave, with a graph: rows [n, ...] from `first` on of a leaf whose gradient
/// is known, or the whole of it.
struct Recomputed {
  at::Tensor values;
  at::Tensor leaf;
  std::int64_t first = 0;
};
/// Adds what follows from the leaves' gradients to the parameters'.
JEST_EXPORT void go_on(const std::vector<Recomputed>& parts);

/// Adds weight times the gradient of the mean of `losses` [n]; returns weight times the mean.
JEST_EXPORT double add_mean_gradient(const at::Tensor& losses, double weight);

/// Rows [n, L], padded with 0 to the largest L of any rank.
JEST_EXPORT at::Tensor padded_alike(World& world, const at::Tensor& rows);

/// Whether an objective is the model's own loss; one that can be several things says so itself.
template <class Objective>
bool is_own_loss(const Objective& objective) {
  if constexpr (requires { objective.is_own_loss(); }) return objective.is_own_loss();
  return std::is_same_v<Objective, OwnLoss>;
}

/// Stands for a model's handle where an objective asks it: what the model gives is computed part by
/// part, without a graph; the second pass follows the objective's backward().
template <class Model>
class InMicroBatches {
 public:
  InMicroBatches(Model& model, const MicroBatches& how) : model_(model), how_(how) {}
  InMicroBatches(const InMicroBatches&) = delete;
  InMicroBatches& operator=(const InMicroBatches&) = delete;
  InMicroBatches* operator->() { return this; }

  /// Adds the gradient of objective(model, batch) to the parameters'; returns its value.
  template <class Objective, Batch B>
  double accumulate(const Objective& objective, const B& batch) {
    constexpr bool kOwnWhole = GivesTrainingLoss<Model, B>;
    if constexpr (GivesLosses<Model, B> && !EmbedsPairs<Model, B> && !kOwnWhole) {
      if (is_own_loss(objective)) return accumulate_mean(batch);
    }
    if constexpr (!kOwnWhole &&
                  std::is_invocable_r_v<at::Tensor, const Objective&, InMicroBatches&, const B&>) {
      const at::Tensor loss = with_precision([&] { return objective(*this, batch); });
      loss.backward();
      for (const auto& pass : second_passes_) pass();
      return loss.template item<double>();
    } else {
      refuse("learner, in micro-batches",
             "losses of examples or embeddings, and an objective for any model",
             "a loss of the whole batch, or an objective for one type of model");
    }
  }

  template <Batch B>
  requires EmbedsPairs<Model, B> Embeddings embed(const B& batch) {
    ScoredRows x("embeddings x", "learner", size_of(batch));
    ScoredRows y("embeddings y", "learner", size_of(batch));
    Embeddings some;
    const auto states = first_pass(batch, [&](const B& part) {
      some = model_->embed(part);
      x.append(some.x);
      y.append(some.y);
    });
    const Embeddings leaf{gradient_leaf(x.all()), gradient_leaf(y.all()), gradient_leaf(some.scale),
                          gradient_leaf(some.bias)};
    second_pass(batch, states, [this, leaf](const B& part, std::int64_t first) {
      const Embeddings again = model_->embed(part);
      std::vector<Recomputed> parts = {{again.x, leaf.x, first}, {again.y, leaf.y, first}};
      if (first == 0) {  // of the whole batch, whatever part says it
        parts.push_back({again.scale, leaf.scale});
        parts.push_back({again.bias, leaf.bias});
      }
      return parts;
    });
    return leaf;
  }

  template <Batch B>
  requires GivesLosses<Model, B> at::Tensor losses(const B& batch) {
    return rows("losses", batch, [this](const B& part) { return model_->losses(part); });
  }

  template <Batch B>
  requires GivesTokenLosses<Model, B> at::Tensor token_losses(const B& batch) {
    return rows("token losses", batch,
                [this](const B& part) { return model_->token_losses(part); });
  }

 private:
  template <class Work>
  auto with_precision(const Work& work) {
    const AutocastGuard guard(*model_, how_.precision);
    return work();
  }

  template <Batch B>
  double accumulate_mean(const B& batch) {
    const auto total = static_cast<double>(size_of(batch));
    double mean = 0;
    for_parts(batch, how_.size, [&](const B& part, std::int64_t) {
      const at::Tensor losses = with_precision([&] { return model_->losses(part); });
      mean += add_mean_gradient(losses, static_cast<double>(size_of(part)) / total);
    });
    return mean;
  }

  template <Batch B, class Function>
  at::Tensor rows(const char* what, const B& batch, const Function& rows_of) {
    ScoredRows all(what, "learner", size_of(batch));
    const auto states = first_pass(batch, [&](const B& part) { all.append(rows_of(part)); });
    const at::Tensor leaf = gradient_leaf(all.all());
    second_pass(batch, states, [rows_of, leaf](const B& part, std::int64_t first) {
      return std::vector<Recomputed>{{rows_of(part), leaf, first}};
    });
    return leaf;
  }

  /// Without a graph; what each part drew begins at the states returned.
  template <Batch B, class Visit>
  std::vector<GeneratorStates> first_pass(const B& batch, const Visit& visit) {
    const c10::NoGradGuard no_gradient;
    std::vector<GeneratorStates> states;
    for_parts(batch, how_.size, [&](const B& part, std::int64_t) {
      states.emplace_back(model_->parameters().front().device());
      visit(part);
    });
    return states;
  }

  /// Left for after the objective's backward(). `recompute(part, first)` gives values of leaves.
  template <Batch B, class Recompute>
  void second_pass(const B& batch, std::vector<GeneratorStates> states, Recompute recompute) {
    second_passes_.push_back(
        [this, batch, states = std::move(states), recompute = std::move(recompute)] {
          const SavedValues running(model_->buffers());  // which the first pass has moved
          std::size_t next = 0;
          for_parts(batch, how_.size, [&](const B& part, std::int64_t first) {
            states[next++].restore();
            go_on(with_precision([&] { return recompute(part, first); }));
          });
          running.restore();
        });
  }

  Model& model_;
  MicroBatches how_;
  std::vector<std::function<void()>> second_passes_;
};

/// Stands for a model's handle, or for InMicroBatches of one, where an objective asks it: each rank
/// asks it for its own examples, and gets what the model says of all ranks' examples, in order of
/// rank. Gradients flow back to everybody's own rows, so that the sum over ranks of what each adds
/// for 1/R of the objective is its gradient.
template <class Inner>
class OverRanks {
 public:
  OverRanks(Inner& inner, World& world) : inner_(inner), world_(world) {}
  OverRanks* operator->() { return this; }

  template <Batch B>
  requires EmbedsPairs<Inner, B> Embeddings embed(const B& batch) {
    return of_all_ranks(inner_->embed(batch));
  }
  template <Batch B>
  requires GivesLosses<Inner, B> at::Tensor losses(const B& batch) {
    return of_all_ranks(inner_->losses(batch));
  }
  template <Batch B>
  requires GivesTokenLosses<Inner, B> at::Tensor token_losses(const B& batch) {
    return of_all_ranks(inner_->token_losses(batch));
  }

  /// R times what this rank's pairs add to the contrastive loss of all: the mean over ranks is that
  /// loss. A rank computes a part of it, O(b²·d/R), and a sigmoid needs y alone of the others.
  template <Batch B>
  requires EmbedsPairs<Inner, B> at::Tensor part_of_contrastive_loss(const B& batch,
                                                                     Contrast contrast) {
    const Embeddings own = inner_->embed(batch);
    const auto counts = counts_of_ranks(own.x.size(0), world_);
    Embeddings all{.x = {}, .y = everybodys(world_, own.y, counts), .scale = {}, .bias = {}};
    if (contrast == Contrast::kSoftmax) all.x = everybodys(world_, own.x, counts);
    const auto first =
        std::accumulate(counts.begin(), counts.begin() + world_.rank(), std::int64_t{0});
    return jest::part_of_contrastive_loss(own, all, first, contrast).mul(world_.size());
  }

  Embeddings of_all_ranks(const Embeddings& own) {
    const auto counts = counts_of_ranks(own.x.size(0), world_);
    return {everybodys(world_, own.x, counts), everybodys(world_, own.y, counts), own.scale,
            own.bias};
  }
  template <Batch B>
  B own_part(const B& batch) const {
    const Shard shard = shard_of(size_of(batch), world_.size(), world_.rank(), 1);
    std::vector<std::int64_t> positions(at(shard.count));
    std::iota(positions.begin(), positions.end(), shard.first);
    return batch.at(positions);
  }
  /// [n], or [n, L] of which L is the largest of any rank: shorter rows are padded with 0.
  at::Tensor of_all_ranks(const at::Tensor& own) {
    const auto counts = counts_of_ranks(own.size(0), world_);
    return everybodys(world_, own.dim() == 2 ? padded_alike(world_, own) : own, counts);
  }

 private:
  Inner& inner_;
  World& world_;
};

}  // namespace jest::detail

#pragma once
// Running a model over a super-batch for its scores: no gradient, stated mode, micro-batches.

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "jest/learner/concepts.hpp"
#include "jest/torch/autocast.hpp"

namespace jest {

enum class ScoringMode {
  kEval,   ///< dropout off, running statistics used; the default
  kTrain,  ///< as in the training step
};

struct ScoringSpec {
  ScoringMode mode = ScoringMode::kEval;
  std::int64_t micro_batch = 0;  ///< examples per forward; 0 is the whole super-batch at once
  Precision precision = Precision::kAmbient;  ///< of the forward pass
};

namespace detail {

/// Results of micro-batches, written to their rows of one tensor as they come: the whole is never
/// held twice. A part that is the whole is taken as it is.
class JEST_EXPORT ScoredRows {
 public:
  explicit ScoredRows(std::int64_t total) : total_(total) {}

  /// `part` is [n, ...].
  void append(const at::Tensor& part);
  /// Throws unless as many rows have come as there are examples.
  at::Tensor all() const;

 private:
  std::int64_t total_;
  std::int64_t filled_ = 0;
  at::Tensor all_;
};

/// Waits for all work on the current stream of this tensor's device, so that a clock on the host
/// tells what the work took. Nothing for the CPU and for an undefined tensor.
JEST_EXPORT void wait_for(const at::Tensor& result);

/// Puts a module and all below it into a mode for the time of a scope; in one that is in training
/// mode, parts that are frozen in evaluation mode stay so. Afterwards each has its own mode again.
template <class Model>
class ModeGuard {
 public:
  ModeGuard(Model& model, ScoringMode mode)
      : model_(model),
        was_training_(model->is_training()),
        parts_(model->modules(/*include_self=*/false)) {
    for (const auto& part : parts_) were_training_.push_back(part->is_training());
    const bool trains = mode == ScoringMode::kTrain;
    if (!trains || !was_training_) model_->train(trains);
  }
  ModeGuard(const ModeGuard&) = delete;
  ModeGuard& operator=(const ModeGuard&) = delete;
  /// A parent comes before its parts, whose mode it sets.
  ~ModeGuard() {
    model_->train(was_training_);
    for (std::size_t k = 0; k < parts_.size(); ++k) {
      if (parts_[k]->is_training() != were_training_[k]) parts_[k]->train(were_training_[k]);
    }
  }

 private:
  Model& model_;
  bool was_training_;
  decltype(std::declval<Model&>()->modules(false)) parts_;
  std::vector<bool> were_training_;
};

/// Calls `visit(sub_batch)` for the micro-batches of `batch`, in order.
template <Batch B, class Visit>
void for_each_micro_batch(const B& batch, std::int64_t size, const Visit& visit) {
  const auto total = static_cast<std::int64_t>(std::span(batch.ids()).size());
  if (size <= 0 || size >= total) return visit(batch);
  for (std::int64_t first = 0; first < total; first += size) {
    std::vector<std::int64_t> positions(std::min(size, total - first));
    std::iota(positions.begin(), positions.end(), first);
    visit(batch.at(positions));
  }
}

}  // namespace detail

/// Embeddings [n, d] of a whole batch under `model`, outside autograd.
template <class Model, Batch B>
requires EmbedsPairs<Model, B> Embeddings score_embeddings(Model& model, const B& batch,
                                                           const ScoringSpec& spec) {
  const c10::NoGradGuard no_gradient;
  const detail::ModeGuard<Model> mode(model, spec.mode);
  const AutocastGuard precision(*model, spec.precision);
  const auto total = static_cast<std::int64_t>(std::span(batch.ids()).size());
  detail::ScoredRows x(total);
  detail::ScoredRows y(total);
  Embeddings result;
  detail::for_each_micro_batch(batch, spec.micro_batch, [&](const B& part) {
    result = model->embed(part);
    x.append(result.x);
    y.append(result.y);
  });
  result.x = x.all();
  result.y = y.all();
  return result;
}

/// Losses [n] of a whole batch under `model`, outside autograd.
template <class Model, Batch B>
requires GivesLosses<Model, B> at::Tensor score_losses(Model& model, const B& batch,
                                                       const ScoringSpec& spec) {
  const c10::NoGradGuard no_gradient;
  const detail::ModeGuard<Model> mode(model, spec.mode);
  const AutocastGuard precision(*model, spec.precision);
  const auto total = static_cast<std::int64_t>(std::span(batch.ids()).size());
  detail::ScoredRows losses(total);
  detail::for_each_micro_batch(batch, spec.micro_batch,
                               [&](const B& part) { losses.append(model->losses(part)); });
  return losses.all();
}

/// Losses [n, L] of every token of a batch under `model`, outside autograd; L is the same in every
/// micro-batch.
template <class Model, Batch B>
requires GivesTokenLosses<Model, B> at::Tensor score_token_losses(Model& model, const B& batch,
                                                                  const ScoringSpec& spec) {
  const c10::NoGradGuard no_gradient;
  const detail::ModeGuard<Model> mode(model, spec.mode);
  const AutocastGuard precision(*model, spec.precision);
  const auto total = static_cast<std::int64_t>(std::span(batch.ids()).size());
  detail::ScoredRows losses(total);
  detail::for_each_micro_batch(batch, spec.micro_batch,
                               [&](const B& part) { losses.append(model->token_losses(part)); });
  return losses.all();
}

/// Losses [n] and gradient features [n, D] of a whole batch under `model`, outside autograd.
template <class Model, Batch B>
requires GivesGradientFeatures<Model, B> LossesAndFeatures
score_losses_and_features(Model& model, const B& batch, const ScoringSpec& spec) {
  const c10::NoGradGuard no_gradient;
  const detail::ModeGuard<Model> mode(model, spec.mode);
  const AutocastGuard precision(*model, spec.precision);
  const auto total = static_cast<std::int64_t>(std::span(batch.ids()).size());
  detail::ScoredRows losses(total);
  detail::ScoredRows features(total);
  detail::for_each_micro_batch(batch, spec.micro_batch, [&](const B& part) {
    const LossesAndFeatures scored = model->losses_and_features(part);
    losses.append(scored.losses);
    features.append(scored.features);
  });
  return {losses.all(), features.all()};
}

}  // namespace jest

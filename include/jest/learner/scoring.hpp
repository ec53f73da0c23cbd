#pragma once
// Running a model over a super-batch for its scores: no gradient, stated mode, micro-batches.

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "jest/learner/concepts.hpp"
#include "jest/torch/device.hpp"

namespace jest {

enum class ScoringMode {
  kEval,   ///< dropout off, running statistics used; the default
  kTrain,  ///< as in the training step; buffers (running statistics) are as before afterwards
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
  /// Messages name the results, "losses", and whose they are, "learner".
  ScoredRows(const char* what, const char* whose, std::int64_t total)
      : what_(what), whose_(whose), total_(total) {}

  /// `part` is [n, ...].
  void append(const at::Tensor& part);
  /// Throws unless as many rows have come as there are examples.
  at::Tensor all() const;

 private:
  const char* what_;
  const char* whose_;
  std::int64_t total_;
  std::int64_t filled_ = 0;
  at::Tensor all_;
};

/// Waits for all work on the current stream of this tensor's device, so that a clock on the host
/// measures the work. Nothing for the CPU and for an undefined tensor.
JEST_EXPORT void wait_for(const at::Tensor& result);

/// Values of tensors, and back into the same tensors.
class JEST_EXPORT SavedValues {
 public:
  explicit SavedValues(std::vector<at::Tensor> tensors);
  void restore() const;

 private:
  std::vector<at::Tensor> tensors_;
  std::vector<at::Tensor> values_;
};

}  // namespace detail

/// Sets train or eval mode for a scope and restores every submodule. In training mode, submodules
/// that are frozen in evaluation mode stay so, and buffers get their values back: scoring must not
/// move the running statistics of a batch norm. That costs a copy of all buffers.
template <class Model>
class ModeGuard {
 public:
  ModeGuard(Model& model, ScoringMode mode)
      : model_(model),
        was_training_(model->is_training()),
        parts_(model->modules(/*include_self=*/false)) {
    for (const auto& part : parts_) were_training_.push_back(part->is_training());
    const bool trains = mode == ScoringMode::kTrain;
    if (trains) buffers_.emplace(model->buffers());
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
    if (buffers_) buffers_->restore();
  }

 private:
  Model& model_;
  bool was_training_;
  decltype(std::declval<Model&>()->modules(false)) parts_;
  std::vector<bool> were_training_;
  std::optional<detail::SavedValues> buffers_;
};

namespace detail {

/// `visit(part, first)` of every micro-batch of at most `size` examples, in order; all of `batch`
/// where `size` is 0.
template <Batch B, class Visit>
void for_parts(const B& batch, std::int64_t size, const Visit& visit) {
  const std::int64_t total = size_of(batch);
  if (size <= 0 || size >= total) return visit(batch, std::int64_t{0});
  for (std::int64_t first = 0; first < total; first += size) {
    std::vector<std::int64_t> positions(static_cast<std::size_t>(std::min(size, total - first)));
    std::iota(positions.begin(), positions.end(), first);
    visit(batch.at(positions), first);
  }
}

/// Runs `forward(part)` over the micro-batches of `batch`, in order: no gradient, stated mode.
template <class Model, Batch B, class Forward>
void score_parts(Model& model, const B& batch, const ScoringSpec& spec, const Forward& forward) {
  const c10::NoGradGuard no_gradient;
  const ModeGuard<Model> mode(model, spec.mode);
  const AutocastGuard precision(*model, spec.precision);
  for_parts(batch, spec.micro_batch, [&](const B& part, std::int64_t) { forward(part); });
}

}  // namespace detail

/// Embeddings [n, d] of a whole batch under `model`, outside autograd. Here and below, `whose`
/// names the model in messages.
template <class Model, Batch B>
requires EmbedsPairs<Model, B> Embeddings score_embeddings(Model& model, const B& batch,
                                                           const ScoringSpec& spec,
                                                           const char* whose = "model") {
  detail::ScoredRows x("embeddings x", whose, detail::size_of(batch));
  detail::ScoredRows y("embeddings y", whose, detail::size_of(batch));
  Embeddings result;
  detail::score_parts(model, batch, spec, [&](const B& part) {
    result = model->embed(part);
    x.append(result.x);
    y.append(result.y);
  });
  result.x = x.all();
  result.y = y.all();
  return result;
}

/// Rows [n, ...] of any function of a batch, `rows_of(part)`, under `model`, outside autograd.
/// `what` names them in messages.
template <class Model, Batch B, class Function>
at::Tensor score_rows(const char* what, Model& model, const B& batch, const ScoringSpec& spec,
                      const Function& rows_of, const char* whose = "model") {
  detail::ScoredRows rows(what, whose, detail::size_of(batch));
  detail::score_parts(model, batch, spec, [&](const B& part) { rows.append(rows_of(part)); });
  return rows.all();
}

/// Losses [n] of a whole batch under `model`, outside autograd.
template <class Model, Batch B>
requires GivesLosses<Model, B> at::Tensor score_losses(Model& model, const B& batch,
                                                       const ScoringSpec& spec,
                                                       const char* whose = "model") {
  return score_rows(
      "losses", model, batch, spec, [&](const B& part) { return model->losses(part); }, whose);
}

/// Losses [n, L] of every token of a batch under `model`, outside autograd; L is the same in every
/// micro-batch.
template <class Model, Batch B>
requires GivesTokenLosses<Model, B> at::Tensor score_token_losses(Model& model, const B& batch,
                                                                  const ScoringSpec& spec,
                                                                  const char* whose = "model") {
  return score_rows(
      "token losses", model, batch, spec, [&](const B& part) { return model->token_losses(part); },
      whose);
}

/// Losses [n] and gradient features [n, D] of a whole batch under `model`, outside autograd.
template <class Model, Batch B>
requires GivesGradientFeatures<Model, B> LossesAndFeatures score_losses_and_features(
    Model& model, const B& batch, const ScoringSpec& spec, const char* whose = "model") {
  detail::ScoredRows losses("losses", whose, detail::size_of(batch));
  detail::ScoredRows features("gradient features", whose, detail::size_of(batch));
  detail::score_parts(model, batch, spec, [&](const B& part) {
    const LossesAndFeatures scored = model->losses_and_features(part);
    losses.append(scored.losses);
    features.append(scored.features);
  });
  return {losses.all(), features.all()};
}

}  // namespace jest

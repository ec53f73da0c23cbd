#pragma once
// What the library asks of your types. Nothing is inherited from; any type that fits is taken.

#include <ATen/core/Tensor.h>

#include <concepts>
#include <cstdint>
#include <ranges>
#include <span>
#include <vector>

#include "jest/torch/embeddings.hpp"

namespace jest {

/// A (super-)batch: n examples of any kind, their ids [n], and a sub-batch by positions. The ids
/// lie in the batch: a reference or a span, never a vector by value. Where it has `size()`, that is
/// n, and asked for in the place of ids: of a super-batch over ranks, nobody then asks for all ids.
template <class B>
concept Batch = requires(const B& batch, const std::vector<std::int64_t>& positions) {
  { batch.ids() } -> std::convertible_to<std::span<const std::int64_t>>;
  requires std::ranges::borrowed_range<decltype(batch.ids())>;
  { batch.at(positions) } -> std::convertible_to<B>;
};

namespace detail {

/// n.
template <Batch B>
std::int64_t size_of(const B& batch) {
  if constexpr (requires {
                  { batch.size() } -> std::convertible_to<std::int64_t>;
                }) {
    return batch.size();
  } else {
    return static_cast<std::int64_t>(std::span(batch.ids()).size());
  }
}

}  // namespace detail

/// A handle to a model (a torch::nn::ModuleHolder, a shared_ptr) whose module embeds pairs.
template <class Model, class B>
concept EmbedsPairs = requires(Model model, const B& batch) {
  { model->embed(batch) } -> std::convertible_to<Embeddings>;
};

/// A handle to a model that gives one loss per example, [n].
template <class Model, class B>
concept GivesLosses = requires(Model model, const B& batch) {
  { model->losses(batch) } -> std::convertible_to<at::Tensor>;
};

/// A handle to a model that gives one loss per token, [n, L].
template <class Model, class B>
concept GivesTokenLosses = requires(Model model, const B& batch) {
  { model->token_losses(batch) } -> std::convertible_to<at::Tensor>;
};

/// What one forward pass says of n sequences: losses [n] and gradient features [n, D], for instance
/// those of torch/tensor_sketch.hpp. D and what a feature means are the same in every call.
struct LossesAndFeatures {
  at::Tensor losses;
  at::Tensor features;
};

/// A handle to a model that gives losses and gradient features of its examples.
template <class Model, class B>
concept GivesGradientFeatures = requires(Model model, const B& batch) {
  { model->losses_and_features(batch) } -> std::convertible_to<LossesAndFeatures>;
};

/// A handle to a model with a training loss of its own, 0-d; optional.
template <class Model, class B>
concept GivesTrainingLoss = requires(Model model, const B& batch) {
  { model->loss(batch) } -> std::convertible_to<at::Tensor>;
};

/// Super-batches (or curated batches) by number: `at(k)` is a pure function of k, so that a resumed
/// run sees what an undisturbed one sees.
template <class S>
concept Source = requires(S& source, std::int64_t k) {
  { source.at(k) } -> Batch;
};

/// Something that gives a reference's embeddings [n, d] of a batch: ReferenceModel, or yours.
template <class R, class B>
concept ReferenceEmbeds = requires(R& reference, const B& batch) {
  { reference.embeddings(batch) } -> std::convertible_to<Embeddings>;
};

/// Something that gives a reference's losses [n] of a batch.
template <class R, class B>
concept ReferenceGivesLosses = requires(R& reference, const B& batch) {
  { reference.losses(batch) } -> std::convertible_to<at::Tensor>;
};

/// Something that gives a reference's losses [n, L] of every token.
template <class R, class B>
concept ReferenceGivesTokenLosses = requires(R& reference, const B& batch) {
  { reference.token_losses(batch) } -> std::convertible_to<at::Tensor>;
};

/// What scorers and objectives ask: embeddings or losses, and whether asking runs a model.
template <class R, class B>
concept Reference = (ReferenceEmbeds<R, B> || ReferenceGivesLosses<R, B>)&&requires {
  { R::kRunsForward } -> std::convertible_to<bool>;
};

}  // namespace jest

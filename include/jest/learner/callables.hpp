#pragma once
// Models whose embeddings or losses are computed by a function beside them: free functions,
// lambdas, modules of a third party.
//
//   auto model = jest::with_losses(network, [](auto& net, const jest::TensorBatch& batch) {
//     return losses_of(net->forward(batch[0]), batch[1]);   // [n], one an example
//   });
//   jest::Learner learner{model, optimizer};

#include <concepts>
#include <type_traits>
#include <utility>

#include "jest/learner/concepts.hpp"

namespace jest {
namespace detail {

/// A module's handle with what Learner and scoring ask of it passed on.
template <class Handle, class Function>
class ModelWith {
 public:
  ModelWith(Handle handle, Function function)
      : handle_(std::move(handle)), function_(std::move(function)) {}

  auto& operator*() { return *handle_; }
  const auto& operator*() const { return *handle_; }
  bool is_training() const { return handle_->is_training(); }
  void train(bool on = true) { handle_->train(on); }
  auto modules(bool include_self) const { return handle_->modules(include_self); }
  auto buffers() const { return handle_->buffers(); }
  auto parameters() const { return handle_->parameters(); }

 protected:
  Handle handle_;
  Function function_;
};

}  // namespace detail

/// A handle whose `embed(batch)` is `function(handle, batch)`.
template <class Handle, class Function>
class WithEmbed : public detail::ModelWith<Handle, Function> {
 public:
  using detail::ModelWith<Handle, Function>::ModelWith;
  WithEmbed* operator->() { return this; }
  const WithEmbed* operator->() const { return this; }

  template <Batch B>
  requires std::convertible_to<std::invoke_result_t<Function&, Handle&, const B&>, Embeddings>
      Embeddings embed(const B& batch) {
    return this->function_(this->handle_, batch);
  }
};

/// A handle whose `losses(batch)` is `function(handle, batch)`.
template <class Handle, class Function>
class WithLosses : public detail::ModelWith<Handle, Function> {
 public:
  using detail::ModelWith<Handle, Function>::ModelWith;
  WithLosses* operator->() { return this; }
  const WithLosses* operator->() const { return this; }

  template <Batch B>
  requires std::convertible_to<std::invoke_result_t<Function&, Handle&, const B&>, at::Tensor>
      at::Tensor losses(const B& batch) {
    return this->function_(this->handle_, batch);
  }
};

template <class Handle, class Function>
WithEmbed<Handle, Function> with_embed(Handle handle, Function function) {
  return {std::move(handle), std::move(function)};
}

template <class Handle, class Function>
WithLosses<Handle, Function> with_losses(Handle handle, Function function) {
  return {std::move(handle), std::move(function)};
}

}  // namespace jest

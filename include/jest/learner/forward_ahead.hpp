#pragma once
// Forward passes that begin before the whole batch is known: of the picks of earlier rounds, while
// later rounds of the selection wait for other ranks.
//
//   jest::StreamedBatch<Model, B> streamed{learner.model(), super_batch, {.least = 32}};
//   scorer.set_on_round([&](std::span<const std::int64_t> picks) { streamed.add(picks); });
//   const jest::Selection picks = scorer.select(super_batch, step);
//   learner.step(super_batch.at(streamed.finish(picks.indices)), streamed.ahead());
//
// The picks are those of a selection without it. A step differs from one without it in the order of
// the batch and in the rounding of products of fewer rows, nothing else: passes are in training
// mode and keep their graphs. The memory is that of the whole batch.

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <future>
#include <numeric>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "jest/learner/concepts.hpp"
#include "jest/select/selection.hpp"
#include "jest/torch/device.hpp"

namespace jest {
namespace detail {

using FutureEmbeddings = std::shared_future<Embeddings>;

/// What `forward` gives, on a thread of its own, after `before` if that is valid; with the state
/// that LibTorch has of this thread. On a device other than the CPU, where calls only enqueue, it
/// is called at once.
JEST_EXPORT FutureEmbeddings begin_forward(c10::Device device, const FutureEmbeddings& before,
                                           std::function<Embeddings()> forward);

/// Rows of all parts, one after the other; scale and bias of the first.
JEST_EXPORT Embeddings joined(const std::vector<Embeddings>& parts);

}  // namespace detail

/// Stands for a model's handle where an objective asks it for embeddings of a batch, of whose first
/// examples the forward passes have begun.
template <class Model, Batch B>
class ForwardAhead {
 public:
  explicit ForwardAhead(Model& model, Precision precision = Precision::kAmbient)
      : model_(model), precision_(precision) {}
  ForwardAhead(const ForwardAhead&) = delete;
  ForwardAhead& operator=(const ForwardAhead&) = delete;
  ForwardAhead* operator->() { return this; }

  /// Begins the pass of a part, in training mode; passes are one after the other.
  void begin(const B& part) {
    const std::span<const std::int64_t> ids = part.ids();
    if (ids.empty()) return;
    if (!model_->is_training()) model_->train();
    ids_.insert(ids_.end(), ids.begin(), ids.end());
    const auto before = begun_.empty() ? detail::FutureEmbeddings{} : begun_.back();
    begun_.push_back(
        detail::begin_forward(model_->parameters().front().device(), before, [this, part] {
          const at::AutoGradMode with_graph(true);
          const AutocastGuard guard(*model_, precision_);
          return Embeddings(model_->embed(part));
        }));
  }

  /// Waits for what has begun, and embeds the rest. Throws what a pass threw, and where `batch`
  /// does not begin with the parts, in their order.
  Embeddings embed(const B& batch) requires EmbedsPairs<Model, B> {
    const std::span<const std::int64_t> ids = batch.ids();
    if (ids_.size() > ids.size() || !std::equal(ids_.begin(), ids_.end(), ids.begin())) {
      refuse("learner", "a batch that begins with the examples whose forward passes have begun",
             "another");
    }
    std::vector<Embeddings> parts;
    for (const auto& part : begun_) parts.push_back(part.get());
    if (ids_.size() < ids.size()) {
      std::vector<std::int64_t> rest(ids.size() - ids_.size());
      std::iota(rest.begin(), rest.end(), std::ssize(ids_));
      parts.push_back(model_->embed(begun_.empty() ? batch : batch.at(rest)));
    }
    return detail::joined(parts);
  }

 private:
  Model& model_;
  Precision precision_;
  std::vector<std::int64_t> ids_;  ///< of all parts
  std::vector<detail::FutureEmbeddings> begun_;
};

/// How the batch of a step is streamed.
struct StreamSpec {
  std::int64_t least = 1;              ///< examples of one forward pass, on each rank
  const Exchange* exchange = nullptr;  ///< ranks that share the batch
  Precision precision = Precision::kAmbient;
};

/// The batch of one step as the rounds of its selection make it: passes of each rank's own share of
/// the picks begin once there are enough of them.
template <class Model, Batch B>
class StreamedBatch {
 public:
  /// `super_batch` is used by `add` alone.
  StreamedBatch(Model& model, const B& super_batch, const StreamSpec& spec)
      : spec_(spec),
        super_batch_(super_batch),
        total_(detail::size_of(super_batch)),
        ahead_(model, spec.precision) {}

  /// Picks of a round.
  void add(std::span<const std::int64_t> picks) {
    waiting_.insert(waiting_.end(), picks.begin(), picks.end());
    const std::int64_t ranks = spec_.exchange ? spec_.exchange->size() : 1;
    if (std::ssize(waiting_) < spec_.least * ranks) return;
    const std::vector<std::int64_t> own = take(waiting_);
    ahead_.begin(super_batch_.at(own));
    waiting_.clear();
  }

  /// Positions in the super-batch of what this rank trains on, given all picks in draw order.
  std::vector<std::int64_t> finish(std::span<const std::int64_t> picks) {
    take(picks.subspan(taken_));
    return order_;
  }

  ForwardAhead<Model, B>& ahead() { return ahead_; }

 private:
  std::vector<std::int64_t> take(std::span<const std::int64_t> picks) {
    std::vector<std::int64_t> own(picks.begin(), picks.end());
    if (spec_.exchange) own = own_share(picks, total_, *spec_.exchange);
    order_.insert(order_.end(), own.begin(), own.end());
    taken_ += picks.size();
    return own;
  }

  StreamSpec spec_;
  const B& super_batch_;
  std::int64_t total_;
  std::vector<std::int64_t> waiting_;
  std::vector<std::int64_t> order_;
  std::size_t taken_ = 0;
  ForwardAhead<Model, B> ahead_;
};

namespace detail {

template <class L>
using ModelOf = std::remove_reference_t<decltype(std::declval<L&>().model())>;

/// Forward passes ahead of the steps of a trainer, one step after the other. Without a
/// jest::Learner of a model that embeds pairs, and a scorer that tells of its rounds, there are
/// none.
template <class L, class S, class B>
class AheadOfSteps {
 public:
  explicit operator bool() const { return false; }
  void check(S&) const {
    refuse("trainer, forward_ahead",
           "a jest::Learner of a model that embeds pairs, and a scorer that tells of its rounds",
           "others");
  }
  void begin(L&, S&, const B&, std::int64_t, const Exchange*) {}
  std::vector<std::int64_t> finish(std::span<const std::int64_t>) { return {}; }
  double step(L& learner, const B& batch) { return learner.step(batch); }
};

template <class L, class S, class B>
requires EmbedsPairs<ModelOf<L>, B> && requires(L& learner, S& scorer, RoundHook hook) {
  learner.precision();
  scorer.set_on_round(hook);
}
class AheadOfSteps<L, S, B> {
 public:
  /// Whether the next step has begun.
  explicit operator bool() const { return streamed_.has_value(); }

  /// Throws where the scorer cannot tell.
  void check(S& scorer) const {
    scorer.set_on_round([](std::span<const std::int64_t>) {});
  }

  /// Passes of the next selection of `scorer`, from this super-batch.
  void begin(L& learner, S& scorer, const B& super_batch, std::int64_t least,
             const Exchange* exchange) {
    streamed_.emplace(
        learner.model(), super_batch,
        StreamSpec{.least = least, .exchange = exchange, .precision = learner.precision()});
    scorer.set_on_round([this](std::span<const std::int64_t> picks) { streamed_->add(picks); });
  }

  std::vector<std::int64_t> finish(std::span<const std::int64_t> picks) {
    return streamed_->finish(picks);
  }

  double step(L& learner, const B& batch) {
    if (!streamed_) return learner.step(batch);
    const double loss = learner.step(batch, streamed_->ahead());
    streamed_.reset();
    return loss;
  }

 private:
  std::optional<StreamedBatch<ModelOf<L>, B>> streamed_;
};

}  // namespace detail
}  // namespace jest

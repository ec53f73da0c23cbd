#pragma once
// The cpu backend of the contrastive criteria: by panels where float32 holds the embeddings, by the
// plain backend's sums where it does not.

#include <cstdint>
#include <optional>
#include <span>

#include "select/contrastive_scores.hpp"
#include "select/cpu/own_terms.hpp"
#include "select/cpu/panel_sums.hpp"
#include "select/plain/contrastive.hpp"

namespace jest::cpu {

/// What ContrastiveScores asks of a model.
template <class PlainSums, class Pairs, Contrast contrast>
class Sums {
 public:
  using Engine = cpu::Engine;

  Sums(const Pairs& pairs, const EmbeddingsView& embeddings, const Engine& engine)
      : plain_(pairs, embeddings, {engine.threads}), engine_(engine) {}

  void own(std::int64_t first, std::span<double> terms) const {
    detail::own_logits(plain_.model(), first, terms);
    for (double& term : terms) term = -term;
    if constexpr (contrast == Contrast::kSigmoid) detail::softplus_each(terms);
  }
  double pairs(std::int64_t i) const {
    return panels_ ? plain_.pairs(i, panels_->forward(i), panels_->backward(i)) : plain_.pairs(i);
  }

  void condition_on(std::span<const std::int64_t> picks, AfterPicking then) {
    if (!begun_) begin();
    if (panels_) return panels_->add(picks, then);
    plain_.condition_on(picks, then);
  }

  bool fell_back() const { return begun_ && !panels_; }

  std::int64_t extra_bytes() const {
    return panels_ ? panels_->extra_bytes() + plain_.kept_bytes() : plain_.extra_bytes();
  }

 private:
  void begin() {
    EmbeddingsView view = plain_.model().embeddings;
    view.bias = plain_.model().bias;
    panels_.emplace(contrast, view, engine_);
    if (!panels_->fits_float32()) panels_.reset();
    begun_ = true;
  }

  PlainSums plain_;
  Engine engine_;
  bool begun_ = false;
  std::optional<PanelSums> panels_;
};

using SigmoidScores =
    ContrastiveScores<SigmoidPairs, Sums<plain::SigmoidSums, SigmoidPairs, Contrast::kSigmoid>>;
using SoftmaxScores =
    ContrastiveScores<SoftmaxPairs, Sums<plain::SoftmaxSums, SoftmaxPairs, Contrast::kSoftmax>>;

}  // namespace jest::cpu

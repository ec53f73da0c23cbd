#pragma once
// The cpu backend of the contrastive criteria: the speed of the multiply-add units, memory linear
// in B, and the same bits for every instruction set and number of threads.
//
// Candidates are packed in panels of 32, vector lanes being candidates; a fused kernel turns a
// panel and the newly picked rows into sums of softplus or exp; products of one panel with at most
// 288 picks wait in the caches. Dot products and functions are float32 (or bfloat16 operands, by
// name), sums of at most 96 terms are added in float64. Panels are kept between rounds up to
// kKeptPanelBytes a model, others are packed as they are used; picks are packed 768 at a time. So
// the memory beside the inputs is bounded by that, O(d) and O(B).
//
// Own terms are those of the plain backend, bit for bit. Embeddings that float32 cannot carry
// (infinities, logits beyond 1e20) go the plain backend's way.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "jest/core/views.hpp"
#include "jest/criteria/contrastive.hpp"
#include "jest/select/contrastive_scores.hpp"
#include "jest/select/cpu_engine.hpp"
#include "jest/select/eigen_contrastive.hpp"
#include "jest/select/own_terms.hpp"

namespace jest::cpu {

inline constexpr std::int64_t kKeptPanelBytes = std::int64_t{24} << 20;

/// Σ_j softplus(u_ij) over picked j ("forward") and Σ_j softplus(u_ji) ("backward") of one model's
/// candidates; log Σ_j e^u of softmax pairs.
class PanelSums {
 public:
  /// `embeddings` must outlive this.
  PanelSums(Contrast contrast, const EmbeddingsView& embeddings, const Engine& engine);
  PanelSums(PanelSums&&) noexcept;
  PanelSums& operator=(PanelSums&&) noexcept;
  ~PanelSums();

  /// Whether float32 holds every value of rows without a NaN, and no logit can exceed 1e20;
  /// without that the other members must not be called.
  bool carried() const;

  void add(std::span<const std::int64_t> picks, Afterwards afterwards);
  double forward(std::int64_t i) const;
  double backward(std::int64_t i) const;
  std::int64_t extra_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What ContrastiveScores asks of a model, by panels where they carry it.
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

  void condition_on(std::span<const std::int64_t> picks, Afterwards afterwards) {
    if (!begun_) begin();
    if (panels_) return panels_->add(picks, afterwards);
    plain_.condition_on(picks, afterwards);
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
    if (!panels_->carried()) panels_.reset();
    begun_ = true;
  }

  PlainSums plain_;
  Engine engine_;
  bool begun_ = false;
  std::optional<PanelSums> panels_;
};

using SigmoidScores =
    ContrastiveScores<SigmoidPairs, Sums<eigen::SigmoidSums, SigmoidPairs, Contrast::kSigmoid>>;
using SoftmaxScores =
    ContrastiveScores<SoftmaxPairs, Sums<eigen::SoftmaxSums, SoftmaxPairs, Contrast::kSoftmax>>;

}  // namespace jest::cpu

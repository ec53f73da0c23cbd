#pragma once
// The cpu backend of the contrastive criteria: by panels where float32 holds the embeddings, by the
// plain backend's sums where it does not.

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

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

  void condition_on(const PickedRows& picks, AfterPicking then) {
    if (!begun_) agree(magnitudes());
    if (panels_) return panels_->add(picks, then);
    plain_.condition_on(picks, then);
  }

  /// The largest |x| and |y| of rows without a NaN, by which it is decided whether float32 holds
  /// them: of all candidates of a super-batch, wherever they lie.
  std::pair<double, double> magnitudes() {
    if (!begun_) begin();
    return {panels_->largest(0), panels_->largest(1)};
  }
  void agree(const std::pair<double, double>& largest) {
    if (!begun_) return;  // nothing will be conditioned on
    if (!panels_->fits_float32(largest.first, largest.second)) panels_.reset();
  }

  /// Panels round picks as they pack them; where the plain sums stand in, rows are float32.
  RowFormat row_format() const {
    const bool rounds = panels_ && engine_.operands == Operands::kBfloat16;
    return rounds ? RowFormat::kBfloat16 : RowFormat::kFloat32;
  }

  /// What results depend on beside the inputs.
  static std::uint64_t digest(const Engine& engine) {
    return 1 + static_cast<std::uint64_t>(
                   engine.operands == Operands::kBfloat16 ? values_per_word(engine) : 0);
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

#pragma once
// The running sums of one model by panels of candidates.

#include <cstdint>
#include <memory>
#include <span>

#include "jest/core/views.hpp"
#include "jest/criteria/contrastive.hpp"
#include "select/contrastive_scores.hpp"
#include "select/cpu/engine.hpp"

namespace jest::cpu {

/// Σ_j softplus(u_ij) over picked j ("forward") and Σ_j softplus(u_ji) ("backward") of one model's
/// candidates; log Σ_j e^u of softmax pairs.
class PanelSums {
 public:
  /// `embeddings` must outlive this.
  PanelSums(Contrast contrast, const EmbeddingsView& embeddings, const Engine& engine);
  PanelSums(PanelSums&&) noexcept;
  PanelSums& operator=(PanelSums&&) noexcept;
  ~PanelSums();

  /// The largest |x| (side 0) and |y| of rows without a NaN.
  double largest(int side) const;
  /// Whether float32 holds all values where these are the largest, and no logit can exceed 1e20;
  /// without that nothing may be added.
  bool fits_float32(double largest_x, double largest_y) const;

  void add(const PickedRows& picks, AfterPicking then);
  double forward(std::int64_t i) const;
  double backward(std::int64_t i) const;
  std::int64_t extra_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// 1 where bfloat16 operands are multiplied as float32, 2 where in pairs, whose sums differ.
std::int64_t values_per_word(const Engine& engine);

}  // namespace jest::cpu

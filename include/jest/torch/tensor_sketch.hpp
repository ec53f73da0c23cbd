#pragma once
// Last-layer gradient features of sequences, from the forward pass alone.
//
//   jest::TensorSketch sketch{{.errors = 256, .hidden = 128, .width = 256, .seed = 7}};
//   at::Tensor h = sketch.features(jest::loss_errors(logits, targets), hidden);  // [n, 256]
//
// Where logits = W·hidden, the gradient of sequence i's loss in W [V, H] is G_i = Σ_p e_p ⊗
// hidden_p over its positions p, e_p the gradient in the logits. A tensor sketch S maps such
// matrices to D numbers, linearly and without forming them, so that over seeds
//
//   E[S(G)·S(G')] = ⟨G, G'⟩,   Var[S(G)·S(G')] ≤ (8/D)·‖G‖²·‖G'‖²   (Frobenius).
//
// S(G)_k = Σ s_1(v)·s_2(u)·G_vu over all v, u with (h_1(v) + h_2(u)) mod D = k: the circular
// convolution of a count sketch of e with one of the hidden vector. Bucket and sign of index w on
// side 1 (errors) or 2 (hidden) come from the words r of Philox4x32-10 with counter (w low, w high,
// side, 0) and key (seed low xor 0x736b6368, seed high): h = (r0·2³² + r1) mod D, s = 1 − 2·(r2 mod
// 2).
//
// Source: Pham & Pagh, KDD 2013; the variance: docs/method.md, "Gradient alignment".

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "jest/core/error.hpp"

namespace jest {

struct TensorSketchSpec {
  std::int64_t errors = 0;   ///< V: width of the logits
  std::int64_t hidden = 0;   ///< H: width of what the last layer reads
  std::int64_t width = 256;  ///< D: of the features
  std::uint64_t seed = 0;    ///< one for all features that are to be compared
};

class JEST_EXPORT TensorSketch {
 public:
  /// Throws unless every width is at least 1. O(V + H).
  explicit TensorSketch(const TensorSketchSpec& spec);

  const TensorSketchSpec& spec() const { return spec_; }

  /// S(Σ_p errors_ip ⊗ hidden_ip), [n, D] float32, of errors [n, L, V] and hidden [n, L, H]:
  /// floating tensors of one device, L ≥ 1, in float32 also under autocast. A last layer's bias is
  /// a hidden number that is always 1. No gradient flows.
  ///
  /// O(n·L·(V + H + D·log D)) time: count sketches by index, products and sums over positions in
  /// the frequency domain, one inverse transform a sequence. Memory beside inputs and answer is
  /// that of about 1,536 positions, or one sequence. Deterministic; a row depends on its sequence
  /// alone, up to rounding. Throws jest::Error on other shapes, dtypes and devices.
  at::Tensor features(const at::Tensor& errors, const at::Tensor& hidden) const;

 private:
  struct CountSketch {
    at::Tensor bucket;  ///< h [width] int64
    at::Tensor sign;    ///< s [width] float32
  };
  [[gnu::visibility("hidden")]] CountSketch count_sketch(std::int64_t inputs,
                                                         std::uint32_t side) const;
  [[gnu::visibility("hidden")]] at::Tensor count_sketches(const at::Tensor& flat,
                                                          const CountSketch& sketch) const;
  [[gnu::visibility("hidden")]] at::Tensor spectrum(const at::Tensor& vectors,
                                                    const CountSketch& sketch) const;

  TensorSketchSpec spec_;
  CountSketch errors_;
  CountSketch hidden_;
};

/// The errors e_p = weight_p·(softmax(logits_p) − onehot(target_p)), [n, L, V] float32: the
/// gradient in the logits of every sequence's loss Σ_p weight_p·cross_entropy(logits_p, target_p).
///
/// logits [n, L, V] floating, targets [n, L] integers in [0, V), weights [n, L] or, undefined, 1/L
/// each: the mean loss. A masked position has weight 0 and any target in range. All on one device.
/// No gradient flows. O(n·L·V). Throws jest::Error on other shapes and dtypes, and on targets out
/// of range.
JEST_EXPORT at::Tensor loss_errors(const at::Tensor& logits, const at::Tensor& targets,
                                   const at::Tensor& weights = {});

}  // namespace jest

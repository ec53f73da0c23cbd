#pragma once
// jest::select on tensors with its answer left on their device.
//
//   jest::DevicePicks picks = jest::select_on_device({learner, reference}, {.count = 128});
//   at::Tensor batch = x.index_select(0, picks.indices);   // nothing waits for the device
//   picks.check();                                         // later, where the host waits anyway
//
// Contract: the picks of `select` (torch/select.hpp), on the device of the embeddings, and the
// same refusals. Ids are copied to that device unless they are there. On a CUDA device the call
// only enqueues, on that device's current stream, whatever the current device is; order other
// streams as with any operation of LibTorch. Two things make the host wait, before anything is
// enqueued: a scale or bias on the device is read, all of them in one copy; give CPU tensors to
// wait for none. Float32, float16 and bfloat16 rows that are contiguous are read in place, anything
// else is converted first. The workspace (cuda::workspace_bytes) comes from LibTorch's caching
// allocator and goes back to it with the call; training loops get the same piece again, and with it
// a replayed graph. On other devices, and with a backend named that is of the host, the selection
// is done when the call returns.

#include <ATen/core/Tensor.h>
#include <c10/core/Stream.h>

#include <cstdint>
#include <optional>

#include "jest/select/selection.hpp"
#include "jest/torch/embeddings.hpp"
#include "jest/torch/select.hpp"

namespace jest {

/// A selection that may still be under way.
struct JEST_EXPORT DevicePicks {
  at::Tensor indices;  ///< [b] int64, in draw order
  at::Tensor scores;   ///< [b] float64, as Selection's

  /// The device's own report, a cuda::DeviceReport as bytes; undefined where the host selected.
  at::Tensor report;
  SelectionSpec spec;  ///< what was asked for
  std::int64_t candidates = 0;
  SelectionStatistics statistics;                    ///< what was known when the call returned
  std::optional<c10::Stream> stream = std::nullopt;  ///< the device's, where it was enqueued

  /// Throws what `select` throws of too few eligible candidates, of repeated or negative ids and of
  /// values beyond float16: the device alone can see them, and such picks mean nothing. Waits for
  /// the selection, whatever stream is the current one.
  void check() const;

  /// Checked, and copied to the host with full statistics; `select_ms` is the time to enqueue.
  Selection selection() const;
};

/// Exactly `spec.count` positions.
JEST_EXPORT DevicePicks select_on_device(const PairTensors& pairs, const SelectionSpec& spec,
                                         const PairScore& score = {});

/// The same by losses, by gradient alignment and by diversity. What is not on the device of the
/// first tensor (of losses: the learner's, where it has a weight) is copied there.
JEST_EXPORT DevicePicks select_on_device(const LossTensors& losses, const SelectionSpec& spec,
                                         const ScoreWeights& weights = kLearnability);
JEST_EXPORT DevicePicks select_on_device(const AlignmentTensors& gradients,
                                         const SelectionSpec& spec,
                                         const AlignmentScore& score = {});
JEST_EXPORT DevicePicks select_on_device(const DiversityTensors& candidates,
                                         const SelectionSpec& spec,
                                         const DiversityScore& score = {});

namespace detail {

/// Whether a selection of these embeddings happens where they are, on a CUDA device: by default,
/// and where that backend is named. Throws for a device without a backend, and in a build without
/// CUDA.
bool selects_on_cuda(const PairTensors& pairs, Backend backend, const PairScore& score);

}  // namespace detail
}  // namespace jest

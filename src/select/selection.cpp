// The checks of what a selection is asked for.

#include "jest/select/selection.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace jest {
namespace {

/// Bits of an id spread over all of a word. One product alone would send ids at some regular
/// distances, Fibonacci's numbers, to neighbouring places.
std::uint64_t mixed(std::uint64_t id) {
  constexpr std::uint64_t kOdd = 0xbf58476d1ce4e5b9;
  constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15;
  id = (id ^ id >> 32) * kOdd;
  return (id ^ id >> 29) * kGoldenRatio;
}

void check_sampling(const Sampling& sampling) {
  if (!std::isfinite(sampling.gain) || sampling.gain < 0) {
    refuse("select", "a finite gain of at least 0", sampling.gain);
  }
  if (!std::isfinite(sampling.interaction.value)) {
    refuse("select", "a finite interaction", sampling.interaction.value);
  }
}

}  // namespace

bool Selection::is_flat(const Sampling& sampling, std::int64_t candidates) const {
  constexpr double kShareOfNoise = 0.01;
  const double deviation = statistics.own_score_deviation;
  if (std::ssize(indices) >= candidates - statistics.nan_count) return false;
  switch (sampling.preset) {
    case Preset::kUniform:
      return false;
    case Preset::kTopK:
    case Preset::kGreedy:
      return deviation == 0;
    default:
      return sampling.gain > 0 && sampling.gain * deviation < kShareOfNoise;
  }
}

std::int64_t chunk_count(const SelectionSpec& spec) {
  const Preset preset = spec.sampling.preset;
  const bool joint = preset == Preset::kJoint;
  const std::int64_t own =
      joint ? std::min(kDefaultChunks, spec.count) : (preset == Preset::kGreedy ? spec.count : 1);
  const std::int64_t chunks = spec.sampling.chunks.value_or(own);
  if (chunks < 1 || chunks > spec.count) {
    refuse("select", text("chunks between 1 and count ", spec.count), chunks);
  }
  if (!joint && chunks != own) {
    refuse("select", text("chunks ", own, ", which this preset fixes"), chunks);
  }
  return chunks;
}

void check_counts(const SelectionSpec& spec, std::int64_t candidates) {
  if (spec.count < 1 || spec.count > candidates) {
    refuse("select", text("a count between 1 and the ", candidates, " candidates"), spec.count);
  }
  check_sampling(spec.sampling);
  if (spec.step < 0 || spec.step > kLastStep) {
    refuse("select", text("a step between 0 and ", kLastStep), spec.step);
  }
  if (spec.threads < 1) refuse("select", "at least one thread", spec.threads);
  chunk_count(spec);
}

void check_ids(std::span<const std::int64_t> ids) {
  const int bits = std::bit_width(ids.size()) + 1;  // a table at most half full
  const std::size_t last = (std::size_t{1} << bits) - 1;
  std::vector<std::int64_t> seen(last + 1, -1);
  for (const std::int64_t id : ids) {
    if (id < 0) refuse("select", "ids of at least 0", id);
    std::size_t slot = mixed(static_cast<std::uint64_t>(id)) >> (64 - bits);
    for (; seen[slot] >= 0; slot = (slot + 1) & last) {
      if (seen[slot] == id) refuse("select", "distinct ids", id, " more than once");
    }
    seen[slot] = id;
  }
}

}  // namespace jest

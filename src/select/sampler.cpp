// The draws of a round: keys, the best of them, and what is set aside.

#include "jest/select/sampler.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "select/cpu/noise_batch.hpp"
#include "select/key.hpp"

namespace jest::detail {

Draw::Draw(const SelectionSpec& spec, std::span<const std::int64_t> ids,
           std::span<const double> own)
    : spec_(spec), ids_(ids), candidates_(std::ssize(own)) {
  available_.reserve(own.size());
  for (std::int64_t i = 0; i < candidates_; ++i) available_.push_back(i);
  picked_.resize(own.size());
  keyed_.reserve(own.size());
  set_nan_aside(own);
}

std::int64_t Draw::extra_bytes() const {
  return static_cast<std::int64_t>(candidates_ * (sizeof(std::int64_t) + sizeof(Keyed)));
}

std::vector<std::int64_t> Draw::round(std::uint32_t round, std::int64_t take,
                                      std::span<const double> scores) {
  set_nan_aside(scores);
  key_all(round, scores);
  const std::int64_t found = std::ssize(keyed_);
  if (found < take) {
    refuse("select", text(take, " candidates to pick in round ", round), found, " of ", candidates_,
           " (", nan_count_, " set aside as NaN, ", std::ssize(available_) - found,
           " scored -inf)");
  }
  const auto before = [](const Keyed& a, const Keyed& b) {
    return a.key != b.key ? a.key > b.key : a.id < b.id;
  };
  std::nth_element(keyed_.begin(), keyed_.begin() + (take - 1), keyed_.end(), before);
  std::sort(keyed_.begin(), keyed_.begin() + take, before);
  std::vector<std::int64_t> picks;
  for (std::int64_t k = 0; k < take; ++k) picks.push_back(keyed_[k].position);
  remove(picks);
  return picks;
}

std::vector<std::int64_t> Draw::in_order_of_id(std::vector<std::int64_t> positions) const {
  std::sort(positions.begin(), positions.end(),
            [this](std::int64_t a, std::int64_t b) { return id(a) < id(b); });
  return positions;
}

std::int64_t Draw::id(std::int64_t position) const {
  return ids_.empty() ? position : ids_[position];
}

/// Keys of all that are available and whose score is not −inf.
void Draw::key_all(std::uint32_t round, std::span<const double> scores) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr std::size_t kBatch = 256;
  const KeyRule rule = key_rule(spec_);
  keyed_.clear();
  std::int64_t ids[kBatch];
  double noise[kBatch] = {};
  for (std::size_t first = 0; first < available_.size(); first += kBatch) {
    const std::size_t count = std::min(kBatch, available_.size() - first);
    const auto batch = std::span(available_).subspan(first, count);
    for (std::size_t k = 0; k < count; ++k) ids[k] = id(batch[k]);
    if (rule.draws) gumbel_noise_batch(rule.noise, round, {ids, count}, noise);
    for (std::size_t k = 0; k < count; ++k) {
      const double score = scores[batch[k]];
      if (score != -kInfinity) keyed_.push_back({rule.key(score, noise[k]), ids[k], batch[k]});
    }
  }
}

void Draw::set_nan_aside(std::span<const double> scores) {
  nan_count_ += static_cast<std::int64_t>(
      std::erase_if(available_, [&](std::int64_t i) { return std::isnan(scores[i]); }));
}

void Draw::remove(const std::vector<std::int64_t>& picks) {
  for (const std::int64_t i : picks) picked_[i] = true;
  std::erase_if(available_, [&](std::int64_t i) { return picked_[i]; });
}

double mean_of(std::span<const double> values, std::span<const std::int64_t> positions) {
  double total = 0;
  for (const std::int64_t i : positions) total += values[i];
  return positions.empty() ? 0.0 : total / static_cast<double>(positions.size());
}

double deviation_of(std::span<const double> values, std::span<const std::int64_t> positions) {
  const double mean = mean_of(values, positions);
  double total = 0;
  for (const std::int64_t i : positions) total += (values[i] - mean) * (values[i] - mean);
  return positions.empty() ? 0.0 : std::sqrt(total / static_cast<double>(positions.size()));
}

double milliseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

void check_sample(const SelectionSpec& spec, std::span<const std::int64_t> ids,
                  std::int64_t candidates) {
  check_counts(spec, candidates);
  if (spec.backend == Backend::kCuda) {
    refuse("select", "backend default or eigen for this criterion", "cuda");
  }
  check_id_count("select", std::ssize(ids), candidates);
  check_ids(ids);
}

void check_eligible(const Draw& draw, const SelectionSpec& spec, std::int64_t candidates) {
  const std::int64_t eligible = std::ssize(draw.available());
  if (eligible >= spec.count) return;
  refuse("select", text(spec.count, " eligible candidates"), eligible, " of ", candidates, " (",
         draw.nan_count(), " set aside as NaN)");
}

}  // namespace jest::detail

// The draws of a round: keys, the best of them, and what is set aside.

#include "select/draw.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "select/cpu/noise_batch.hpp"
#include "select/key.hpp"

namespace jest::detail {

void Moments::add(const Moments& other) {
  if (other.count == 0) return;
  if (count == 0) {
    *this = other;
    return;
  }
  const auto mine = static_cast<double>(count);
  const auto others = static_cast<double>(other.count);
  const double apart = other.mean - mean;
  count += other.count;
  mean += apart * others / static_cast<double>(count);
  squares += other.squares + apart * apart * mine * others / static_cast<double>(count);
}

std::int64_t moments_of(const Shard& shard) {
  if (shard.count == 0) return 0;
  return (shard.first + shard.count + kShardStep - 1) / kShardStep - shard.first / kShardStep;
}

Draw::Draw(const SelectionSpec& spec, const Shard& shard, std::span<const std::int64_t> ids,
           std::span<const double> own)
    : spec_(spec), shard_(shard), ids_(ids), own_(own) {
  available_.reserve(own.size());
  for (std::int64_t i = 0; i < std::ssize(own); ++i) available_.push_back(i);
  picked_.resize(own.size());
  keyed_.reserve(own.size());
  set_nan_aside(own);
}

std::int64_t Draw::extra_bytes() const {
  return std::ssize(own_) * static_cast<std::int64_t>(sizeof(std::int64_t) + sizeof(Keyed));
}

std::int64_t Draw::id(std::int64_t position) const {
  return ids_.empty() ? shard_.first + position : ids_[at(position)];
}

void Draw::key_all(std::uint32_t round, std::span<const double> scores) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr std::size_t kBatch = 256;
  set_nan_aside(scores);
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
      const double score = scores[at(batch[k])];
      if (score == -kInfinity) continue;
      keyed_.push_back({ordered_bits(rule.key(score, noise[k])), ids[k], batch[k]});
    }
  }
}

std::vector<Offer> Draw::best(std::int64_t most, std::span<const double> scores) {
  const std::int64_t take = std::min(most, keyed());
  const auto before = [](const Keyed& a, const Keyed& b) { return a.before(b); };
  if (take > 0 && take < keyed()) {
    std::nth_element(keyed_.begin(), keyed_.begin() + (take - 1), keyed_.end(), before);
  }
  std::sort(keyed_.begin(), keyed_.begin() + take, before);
  std::vector<Offer> offers;
  offers.reserve(at(take));
  for (const Keyed& one : std::span(keyed_).first(at(take))) {
    offers.push_back({one.key, one.id, shard_.first + one.position, scores[at(one.position)],
                      own_[at(one.position)]});
  }
  return offers;
}

std::vector<Offer> Draw::all() const {
  std::vector<Offer> offers;
  offers.reserve(available_.size());
  for (const std::int64_t i : available_) {
    offers.push_back({kNoKey, id(i), shard_.first + i, own_[at(i)], own_[at(i)]});
  }
  return offers;
}

void Draw::set_nan_aside(std::span<const double> scores) {
  nan_count_ += static_cast<std::int64_t>(
      std::erase_if(available_, [&](std::int64_t i) { return std::isnan(scores[at(i)]); }));
}

void Draw::remove(std::span<const std::int64_t> picks) {
  if (picks.empty()) return;
  for (const std::int64_t i : picks) picked_[at(i)] = true;
  std::erase_if(available_, [&](std::int64_t i) { return picked_[at(i)]; });
}

std::vector<Moments> Draw::own_moments() const {
  const std::int64_t before = shard_.first / kShardStep;
  std::vector<Moments> blocks(at(moments_of(shard_)));
  for (auto next = available_.begin(); next != available_.end();) {
    const std::int64_t block = (shard_.first + *next) / kShardStep;
    const std::int64_t end = (block + 1) * kShardStep - shard_.first;
    const auto first = next;
    double total = 0;
    for (; next != available_.end() && *next < end; ++next) total += own_[at(*next)];
    Moments& moments = blocks[at(block - before)];
    moments.count = next - first;
    moments.mean = total / static_cast<double>(moments.count);
    for (auto i = first; i != next; ++i) {
      const double apart = own_[at(*i)] - moments.mean;
      moments.squares += apart * apart;
    }
  }
  return blocks;
}

}  // namespace jest::detail

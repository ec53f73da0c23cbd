// Rules that are more than a call of jest::select.

#include "jest/scorers/rules.hpp"

#include <torch/torch.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <vector>

#include "jest/criteria/orthogonal.hpp"
#include "jest/criteria/poisson_disk.hpp"
#include "jest/criteria/volume.hpp"
#include "jest/select/select.hpp"

namespace jest {
namespace {

/// w_L·learner − w_R·reference, [B] float64; a tensor whose weight is zero is not read.
at::Tensor weighed(const LossTensors& losses, const ScoreWeights& weights) {
  at::Tensor total;
  const auto add = [&](const at::Tensor& values, double weight) {
    if (weight == 0) return;
    const at::Tensor term = values.to(at::kCPU, at::kDouble) * weight;
    total = total.defined() ? total + term : term;
  };
  add(losses.learner, weights.learner);
  add(losses.reference, -weights.reference);
  return total;
}

LossTensors own_losses_of(const PairTensors& pairs, const PairScore& score) {
  LossTensors losses{.learner = {}, .reference = {}, .ids = pairs.ids};
  if (score.weights.learner != 0) losses.learner = own_losses(pairs.learner, score.contrast);
  if (score.weights.reference != 0) losses.reference = own_losses(pairs.reference, score.contrast);
  return losses;
}

/// log((rank of each)/B) among the B values that are not NaN, NaN for the others. Equal values
/// share the mean of their ranks.
at::Tensor log_rank_shares(const at::Tensor& values) {
  const at::Tensor sorted = std::get<0>(values.masked_select(~values.isnan()).sort());
  const at::Tensor below = at::searchsorted(sorted, values, false, false);
  const at::Tensor up_to = at::searchsorted(sorted, values, false, true);
  const at::Tensor ranks = (below + up_to + 1).to(at::kDouble) / 2;
  const at::Tensor shares = ranks / static_cast<double>(sorted.numel());
  return shares.log().masked_fill(values.isnan(), std::numeric_limits<double>::quiet_NaN());
}

/// float64 numbers [n] of all ranks in order of position; one's own of one process.
at::Tensor of_all_ranks(const at::Tensor& mine, const SelectionSpec& spec) {
  const at::Tensor numbers = mine.to(at::kCPU, at::kDouble).contiguous();
  if (!spec.exchange) return numbers;
  const auto bytes = [](const at::Tensor& tensor) {
    return std::span(static_cast<std::byte*>(tensor.data_ptr()), tensor.nbytes());
  };
  const auto own = static_cast<std::int64_t>(numbers.nbytes());
  const std::vector<std::int64_t> sizes = counts_of_ranks(own, *spec.exchange);
  const std::int64_t total = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  at::Tensor all = torch::empty({total / 8}, torch::kDouble);
  spec.exchange->gather(bytes(numbers), sizes, bytes(all));
  return all;
}

/// (x, y)/√2 [B, 2d] of the reference, or of the learner where no reference is run.
at::Tensor known_rows(const PairTensors& pairs, const PairScore& score) {
  const Embeddings& known = score.weights.reference != 0 ? pairs.reference : pairs.learner;
  return torch::cat({known.x, known.y}, 1) / std::numbers::sqrt2;
}

/// [B, D] as criteria on the host read it.
at::Tensor on_host(const at::Tensor& rows) {
  if (rows.dim() != 2) refuse("select", "rows [B, D]", rows.sizes());
  return rows.detach().to(at::kCPU, at::kFloat).contiguous();
}

MatrixView view_of(const at::Tensor& rows) {
  return matrix_view(rows.const_data_ptr<float>(), rows.size(0), rows.size(1));
}

template <class Criterion>
Selection select_by(Criterion& scores, const SelectionSpec& spec, const at::Tensor& ids) {
  if (!ids.defined()) return jest::select(scores, spec);
  const at::Tensor named = ids.to(at::kCPU, at::kLong).contiguous();
  return jest::select(scores, spec,
                      std::span(named.const_data_ptr<std::int64_t>(), detail::at(named.numel())));
}

}  // namespace

void ByLossRanks::check(const std::string& who) const {
  if (!std::isfinite(power) || power <= 0) refuse(who, "a finite rank power above 0", power);
}
std::string ByLossRanks::words() const { return text("ranks of losses, power ", power); }

void ByDiversity::check(const std::string& who) const {
  if (!std::isfinite(strength) || strength < 0) {
    refuse(who, "a finite diversity of at least 0", strength);
  }
}
std::string ByDiversity::words() const { return text("losses and diversity, strength ", strength); }

Selection ByLossRanks::operator()(const LossTensors& losses, const SelectionSpec& spec,
                                  const PairScore& score) const {
  const at::Tensor scores = weighed(losses, score.weights);
  const at::Tensor ranks = log_rank_shares(of_all_ranks(scores, spec)) * power;
  const std::int64_t first = spec.exchange ? spec.shard.first : 0;
  return jest::select(LossTensors{ranks.narrow(0, first, scores.numel()), {}, losses.ids}, spec,
                      kHardLearner);
}

Selection ByLossRanks::operator()(const PairTensors& pairs, const SelectionSpec& spec,
                                  const PairScore& score) const {
  return (*this)(own_losses_of(pairs, score), spec, score);
}

Selection ByDiversity::operator()(const PairTensors& pairs, const SelectionSpec& spec,
                                  const PairScore& score) const {
  const at::Tensor own = weighed(own_losses_of(pairs, score), score.weights);
  const at::Tensor rows = known_rows(pairs, score);
  return jest::select(DiversityTensors{rows, own, pairs.ids}, spec, {strength});
}

void ByVolume::check(const std::string& who) const {
  if (!std::isfinite(noise) || noise <= 0) refuse(who, "a finite noise above 0", noise);
}
std::string ByVolume::words() const { return text("volume of embeddings, noise ", noise); }

Selection ByVolume::operator()(const PairTensors& pairs, const SelectionSpec& spec,
                               const PairScore& score) const {
  const at::Tensor rows = on_host(known_rows(pairs, score));
  VolumeScores scores(view_of(rows), noise);
  return select_by(scores, spec, pairs.ids);
}

void ByPoissonDisk::check(const std::string& who) const {
  if (!std::isfinite(radius) || radius <= 0) refuse(who, "a finite radius above 0", radius);
}
std::string ByPoissonDisk::words() const { return text("distance of embeddings, radius ", radius); }

Selection ByPoissonDisk::operator()(const PairTensors& pairs, const SelectionSpec& spec,
                                    const PairScore& score) const {
  const at::Tensor rows = on_host(known_rows(pairs, score));
  PoissonDiskScores scores(view_of(rows), radius);
  return select_by(scores, spec, pairs.ids);
}

Selection ByRepresentatives::operator()(const FeatureTensors& known, const SelectionSpec& spec,
                                        const PairScore&) const {
  const at::Tensor rows = on_host(known.features);
  const MatrixView features = view_of(rows);
  const std::vector<double> sums =
      OrthogonalScores::block_sums(features, spec.exchange ? spec.shard.first : 0);
  const at::Tensor all = of_all_ranks(torch::tensor(sums, torch::kDouble), spec);
  OrthogonalScores scores(features, {all.const_data_ptr<double>(), detail::at(all.numel())},
                          spec.total(features.rows));
  return select_by(scores, spec, known.ids);
}

Selection ByGradientNorms::operator()(const FeatureTensors& known, const SelectionSpec& spec,
                                      const PairScore&) const {
  const at::Tensor norms = on_host(known.features).norm(2, 1);
  constexpr float kLeast = std::numeric_limits<float>::min();  // a gradient of 0 comes last
  return jest::select(LossTensors{norms.clamp_min(kLeast).log(), {}, known.ids}, spec,
                      kHardLearner);
}

Selection AnyRule::operator()(const PairTensors& pairs, const SelectionSpec& spec,
                              const PairScore& score) const {
  return std::visit([&](const auto& one) { return one(pairs, spec, score); }, rule);
}

Selection AnyRule::operator()(const LossTensors& losses, const SelectionSpec& spec,
                              const PairScore& score) const {
  return std::visit(
      [&](const auto& one) -> Selection {
        if constexpr (Rule<std::remove_cvref_t<decltype(one)>, LossTensors>) {
          return one(losses, spec, score);
        } else {
          refuse(text("rule by ", one.kName), "a model that embeds pairs", "one that gives losses");
        }
      },
      rule);
}

}  // namespace jest

#include "peer_algorithms.hpp"

namespace jest::bench {
namespace {

constexpr double kNever = -1e30;

at::Tensor gumbel_like(const at::Tensor& scores) {
  return -(-torch::rand_like(scores).clamp(1e-20, 1).log()).log();
}

at::Tensor none_of(const at::Tensor& scores) {
  return torch::zeros_like(scores, scores.options().dtype(at::kBool));
}

/// The `take` best of noisy scores among those not picked.
at::Tensor draw(const at::Tensor& scores, const at::Tensor& picked, std::int64_t take) {
  const at::Tensor keys = (kDefaultGain * scores + gumbel_like(scores)).masked_fill(picked, kNever);
  return std::get<1>(keys.topk(take));
}

/// Draws in rounds; after each but the last, rescore(newest picks, mask of all picks) gives the
/// scores that the next one draws from.
template <class Rescore>
at::Tensor pick_in_rounds(const Shape& shape, at::Tensor scores, const Rescore& rescore) {
  at::Tensor picked = none_of(scores);
  std::vector<at::Tensor> picks;
  for (std::int64_t round = 0; round < shape.chunks; ++round) {
    picks.push_back(draw(scores, picked, shape.take(round)));
    picked.index_fill_(0, picks.back(), true);
    if (round + 1 < shape.chunks) scores = rescore(picks.back(), picked);
  }
  return at::cat(picks);
}

at::Tensor logits(const at::Tensor& x, const at::Tensor& y) {
  const at::Tensor bias = torch::full({1}, kBias, x.options());
  return at::addmm(bias, x, y.t(), 1, kScale);
}

at::Tensor own_logits(const at::Tensor& x, const at::Tensor& y) {
  return (x * y).sum(1).mul_(kScale).add_(kBias);
}

/// Pair losses [B, B]: softplus(−u) on the diagonal, softplus(u) off it.
at::Tensor loss_matrix(const at::Tensor& x, const at::Tensor& y) {
  at::Tensor u = logits(x, y);
  u.diagonal().neg_();
  return at::softplus(u);
}

at::Tensor own_scores(const SuperBatch& batch) {
  return at::softplus(-own_logits(batch.learner_x, batch.learner_y)) -
         at::softplus(-own_logits(batch.reference_x, batch.reference_y));
}

/// Σ_j softplus(u_ij) over all rows at once.
at::Tensor row_sums(const at::Tensor& x, const at::Tensor& picked) {
  return at::softplus(logits(x, picked).to(at::kFloat)).sum(1);
}

at::Tensor row_sums_in_tiles(const at::Tensor& x, const at::Tensor& picked) {
  constexpr std::int64_t kRows = 512;
  at::Tensor sums = torch::empty({x.size(0)}, x.options().dtype(at::kFloat));
  for (std::int64_t first = 0; first < x.size(0); first += kRows) {
    const std::int64_t end = std::min(first + kRows, x.size(0));
    sums.slice(0, first, end).copy_(row_sums(x.slice(0, first, end), picked));
  }
  return sums;
}

template <class RowSums>
at::Tensor incremental(const SuperBatch& batch, at::ScalarType type, const RowSums& sums) {
  const at::Tensor sides[] = {batch.learner_x.to(type), batch.learner_y.to(type),
                              batch.reference_x.to(type), batch.reference_y.to(type)};
  at::Tensor scores = own_scores(batch);
  return pick_in_rounds(batch.shape, scores, [&](const at::Tensor& newest, const at::Tensor&) {
    for (const auto& [side, other, sign] : {std::tuple{0, 1, 1.0}, std::tuple{1, 0, 1.0},
                                            std::tuple{2, 3, -1.0}, std::tuple{3, 2, -1.0}}) {
      scores.add_(sums(sides[side], sides[other].index_select(0, newest)), sign);
    }
    return scores;
  });
}

/// ½ log Σ_j e^{u_ij} + ½ log Σ_j e^{u_ji} over picked j, from the full matrix.
at::Tensor log_sums(const at::Tensor& x, const at::Tensor& y, const at::Tensor& picked) {
  const at::Tensor u = at::mm(x, y.t()).mul_(kScale);
  const at::Tensor rows = u.masked_fill(~picked.unsqueeze(0), kNever).logsumexp(1);
  const at::Tensor columns = u.masked_fill(~picked.unsqueeze(1), kNever).logsumexp(0);
  return 0.5 * (rows + columns) - u.diagonal();
}

}  // namespace

at::Tensor literal_sigmoid(const SuperBatch& batch) {
  const at::Tensor scores = loss_matrix(batch.learner_x, batch.learner_y) -
                            loss_matrix(batch.reference_x, batch.reference_y);
  const at::Tensor own = scores.diagonal();
  return pick_in_rounds(batch.shape, own, [&](const at::Tensor&, const at::Tensor& picked) {
    const at::Tensor is_picked = picked.to(at::kFloat);
    return own + (scores * is_picked.unsqueeze(1)).sum(0) +
           (scores * is_picked.unsqueeze(0)).sum(1);
  });
}

at::Tensor incremental_sigmoid(const SuperBatch& batch, at::ScalarType type) {
  return incremental(batch, type, row_sums);
}

at::Tensor tiled_sigmoid(const SuperBatch& batch, at::ScalarType type) {
  return incremental(batch, type, row_sums_in_tiles);
}

at::Tensor recomputed_softmax(const SuperBatch& batch) {
  const at::Tensor own = own_logits(batch.reference_x, batch.reference_y) -
                         own_logits(batch.learner_x, batch.learner_y);
  return pick_in_rounds(batch.shape, own, [&](const at::Tensor&, const at::Tensor& picked) {
    return log_sums(batch.learner_x, batch.learner_y, picked) -
           log_sums(batch.reference_x, batch.reference_y, picked);
  });
}

at::Tensor incremental_softmax(const SuperBatch& batch) {
  const at::Tensor sides[] = {batch.learner_x, batch.learner_y, batch.reference_x,
                              batch.reference_y};
  const at::Tensor own = own_logits(batch.reference_x, batch.reference_y) -
                         own_logits(batch.learner_x, batch.learner_y);
  std::vector<at::Tensor> running(4, torch::full_like(own, -INFINITY));
  return pick_in_rounds(batch.shape, own, [&](const at::Tensor& newest, const at::Tensor&) {
    for (int side = 0; side < 4; ++side) {
      const at::Tensor other = sides[side ^ 1].index_select(0, newest);
      const at::Tensor u = at::mm(sides[side], other.t()).mul_(kScale);
      running[side] = at::logaddexp(running[side], u.logsumexp(1));
    }
    return own + 0.5 * (running[0] + running[1]) - 0.5 * (running[2] + running[3]);
  });
}

at::Tensor independent_topk(const SuperBatch& batch) {
  const at::Tensor scores = own_scores(batch);
  return draw(scores, none_of(scores), batch.shape.count);
}

at::Tensor chunked_sigmoid_loss(const SuperBatch& batch) {
  const auto first = [&](const at::Tensor& rows) { return rows.slice(0, 0, batch.shape.count); };
  return row_sums_in_tiles(batch.learner_x, first(batch.learner_y)) +
         row_sums_in_tiles(batch.learner_y, first(batch.learner_x)) +
         row_sums_in_tiles(batch.reference_x, first(batch.reference_y)) +
         row_sums_in_tiles(batch.reference_y, first(batch.reference_x));
}

}  // namespace jest::bench

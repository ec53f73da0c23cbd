// The vector twins of softplus and of a model's own logits: same sums, same order, same bits.
#include "own_terms.hpp"

#include <cmath>

#include "jest/criteria/contrastive.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "select/cpu/own_terms.cpp"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include "doubles-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jest::detail::HWY_NAMESPACE {

#if JEST_HAS_DOUBLES

/// Sums that plain::inner_product keeps, and the vectors they take.
inline constexpr std::int64_t kSums = 8;
inline constexpr std::int64_t kLanes = hn::MaxLanes(kDoubles);
inline constexpr std::int64_t kVectors = kSums / kLanes;

HWY_INLINE Double promoted(const float* values) {
  return hn::PromoteTo(kDoubles, hn::LoadU(hn::Rebind<float, Doubles>(), values));
}

/// The product of two floats is exact in double precision, so fusing it changes nothing.
HWY_INLINE double inner_product(const float* x, const float* y, std::int64_t cols) {
  Double vectors[kVectors];
  for (Double& sum : vectors) sum = hn::Zero(kDoubles);
  std::int64_t k = 0;
  for (; k + kSums <= cols; k += kSums) {
    HWY_UNROLL(2)
    for (std::int64_t v = 0; v < kVectors; ++v) {
      const std::int64_t at = k + v * kLanes;
      vectors[v] = hn::MulAdd(promoted(x + at), promoted(y + at), vectors[v]);
    }
  }
  HWY_ALIGN double sums[kSums];
  for (std::int64_t v = 0; v < kVectors; ++v) hn::Store(vectors[v], kDoubles, sums + v * kLanes);
  for (; k < cols; ++k) sums[0] += static_cast<double>(x[k]) * static_cast<double>(y[k]);
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

std::size_t logits_of(const plain::ModelRows& model, std::int64_t first, std::span<double> logits) {
  const MatrixView& x = model.embeddings.x;
  const MatrixView& y = model.embeddings.y;
  for (double& logit : logits) {
    logit = std::fma(model.embeddings.scale, inner_product(x.row(first), y.row(first), x.cols),
                     model.bias);
    ++first;
  }
  return logits.size();
}

std::size_t softplus_of(std::span<double> values) {
  const Double one = constant(1.0);
  std::size_t k = 0;
  for (; k + hn::Lanes(kDoubles) <= values.size(); k += hn::Lanes(kDoubles)) {
    const Double u = hn::LoadU(kDoubles, values.data() + k);
    const Double e = exp_of_negative(hn::Neg(hn::Abs(u)));
    const Double w = hn::Add(one, e);
    const Double lost = hn::Div(hn::Sub(e, hn::Sub(w, one)), w);
    const Double linear = hn::IfThenElseZero(hn::Gt(u, hn::Zero(kDoubles)), u);
    hn::StoreU(hn::Add(linear, hn::Add(log_of(w), lost)), kDoubles, values.data() + k);
  }
  return k;
}

#else

std::size_t logits_of(const plain::ModelRows&, std::int64_t, std::span<double>) { return 0; }
std::size_t softplus_of(std::span<double>) { return 0; }

#endif

}  // namespace jest::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace jest::detail {
namespace {

HWY_EXPORT(logits_of);
HWY_EXPORT(softplus_of);

}  // namespace

void own_logits(const plain::ModelRows& model, std::int64_t first, std::span<double> logits) {
  const std::size_t done = HWY_DYNAMIC_DISPATCH(logits_of)(model, first, logits);
  for (std::size_t k = done; k < logits.size(); ++k) {
    logits[k] = model.own_logit(first + static_cast<std::int64_t>(k));
  }
}

void softplus_each(std::span<double> values) {
  const std::size_t done = HWY_DYNAMIC_DISPATCH(softplus_of)(values);
  for (std::size_t k = done; k < values.size(); ++k) values[k] = softplus(values[k]);
}

}  // namespace jest::detail
#endif

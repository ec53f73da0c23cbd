// The vector twins of softplus and eigen::inner_product: same sums, same order, same bits.
#include "jest/select/own_terms.hpp"

#include "jest/criteria/contrastive.hpp"
#include "jest/select/eigen_logits.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "select/own_terms.cpp"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include "doubles-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jest::detail::HWY_NAMESPACE {

#if JEST_HAS_DOUBLES

/// Sums that eigen::inner_product keeps, and the vectors they take.
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

std::size_t products(const EmbeddingsView& embeddings, std::int64_t first,
                     std::span<double> results) {
  for (std::size_t k = 0; k < results.size(); ++k) {
    const std::int64_t i = first + static_cast<std::int64_t>(k);
    results[k] = inner_product(embeddings.x.row(i), embeddings.y.row(i), embeddings.x.cols);
  }
  return results.size();
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

std::size_t products(const EmbeddingsView&, std::int64_t, std::span<double>) { return 0; }
std::size_t softplus_of(std::span<double>) { return 0; }

#endif

}  // namespace jest::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace jest::detail {
namespace {

HWY_EXPORT(products);
HWY_EXPORT(softplus_of);

}  // namespace

void inner_products(const EmbeddingsView& embeddings, std::int64_t first,
                    std::span<double> results) {
  const std::size_t done = HWY_DYNAMIC_DISPATCH(products)(embeddings, first, results);
  for (std::size_t k = done; k < results.size(); ++k) {
    results[k] = eigen::inner_product(embeddings, first + static_cast<std::int64_t>(k));
  }
}

void softplus_each(std::span<double> values) {
  const std::size_t done = HWY_DYNAMIC_DISPATCH(softplus_of)(values);
  for (std::size_t k = done; k < values.size(); ++k) values[k] = softplus(values[k]);
}

}  // namespace jest::detail
#endif

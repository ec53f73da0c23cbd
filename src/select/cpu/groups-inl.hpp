// What a strip of candidates keeps in registers over a group of picked columns: sums of softplus or
// of exp; included once for each instruction set.
#if defined(JEST_GROUPS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JEST_GROUPS_INL
#undef JEST_GROUPS_INL
#else
#define JEST_GROUPS_INL
#endif

#include "kernel.hpp"
#include "vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jest::cpu::HWY_NAMESPACE {

/// Σ log2(1 + 2^v) of a group of columns = Σ max(v, 0) + log2 Π (1 + 2^-|v|); q is Π less one.
struct SigmoidGroup {
  using Lanes = SigmoidLanes;
  V linear[kVectors];
  V q[kVectors];

  HWY_INLINE void start(const Lanes&, std::int64_t) {
    for (int s = 0; s < kVectors; ++s) linear[s] = q[s] = hn::Zero(kTag);
  }

  template <int columns>
  HWY_INLINE void add(const V (&v)[columns][kVectors]) {
    HWY_UNROLL(12)
    for (int j = 0; j < columns; ++j) {
      HWY_UNROLL(2)
      for (int s = 0; s < kVectors; ++s) {
        const V e = exp2_of_negative(hn::Or(v[j][s], constant(-0.0F)));  // −|v|
        linear[s] = hn::Add(linear[s], hn::Max(v[j][s], hn::Zero(kTag)));
        q[s] = hn::MulAdd(q[s], e, hn::Add(q[s], e));
      }
    }
  }

  HWY_INLINE void finish(Lanes& lanes, std::int64_t first) const {
    HWY_ALIGN float parts[2][kWidth];
    for (int s = 0; s < kVectors; ++s) {
      hn::Store(linear[s], kTag, parts[0]);
      hn::Store(log2_of_one_plus(q[s]), kTag, parts[1]);
      double* sums = lanes.sums + first + s * kWidth;
      for (std::int64_t i = 0; i < kWidth; ++i) {
        sums[i] += static_cast<double>(parts[0][i]) + static_cast<double>(parts[1][i]);
      }
    }
  }
};

/// Σ 2^v as (largest, sum below it); the maximum moves once every kSoftmaxStep columns.
struct SoftmaxGroup {
  using Lanes = SoftmaxLanes;
  V before[kVectors];
  V largest[kVectors];
  V sum[kVectors];

  HWY_INLINE void start(const Lanes& lanes, std::int64_t first) {
    for (int s = 0; s < kVectors; ++s) {
      before[s] = largest[s] = hn::LoadU(kTag, lanes.largest + first + s * kWidth);
      sum[s] = hn::Zero(kTag);
    }
  }

  template <int columns>
  HWY_INLINE void add(const V (&v)[columns][kVectors]) {
    for (int first = 0; first < columns; first += kSoftmaxStep) {
      const int end = HWY_MIN(first + kSoftmaxStep, columns);
      for (int s = 0; s < kVectors; ++s) {
        V top = largest[s];
        for (int j = first; j < end; ++j) top = hn::Max(top, v[j][s]);
        sum[s] = hn::Mul(sum[s], exp2_of_negative(hn::Sub(largest[s], top)));
        for (int j = first; j < end; ++j) {
          sum[s] = hn::Add(sum[s], exp2_of_negative(hn::Sub(v[j][s], top)));
        }
        largest[s] = top;
      }
    }
  }

  HWY_INLINE void finish(Lanes& lanes, std::int64_t first) const {
    HWY_ALIGN float parts[2][kWidth];
    for (int s = 0; s < kVectors; ++s) {
      hn::Store(exp2_of_negative(hn::Sub(before[s], largest[s])), kTag, parts[0]);
      hn::Store(sum[s], kTag, parts[1]);
      hn::StoreU(largest[s], kTag, lanes.largest + first + s * kWidth);
      double* sums = lanes.sums + first + s * kWidth;
      for (std::int64_t i = 0; i < kWidth; ++i) {
        sums[i] = sums[i] * static_cast<double>(parts[0][i]) + static_cast<double>(parts[1][i]);
      }
    }
  }
};

}  // namespace jest::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

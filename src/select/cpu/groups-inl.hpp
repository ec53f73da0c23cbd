// What a panel of candidates adds up over a group of picked columns: sums of softplus or of exp;
// included once for each instruction set.
#if defined(JEST_GROUPS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef JEST_GROUPS_INL
#undef JEST_GROUPS_INL
#else
#define JEST_GROUPS_INL
#endif

#include <cmath>

#include "kernel.hpp"
#include "vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jest::cpu::HWY_NAMESPACE {

/// Σ log2(1 + 2^v) of a group of columns = Σ max(v, 0) + log2 Π (1 + 2^-|v|); q is Π less one.
struct SigmoidGroup {
  using Lanes = SigmoidLanes;
  static constexpr int kColumns = 1;  ///< added at a time
  V linear[kVectors];
  V q[kVectors];

  HWY_INLINE explicit SigmoidGroup(const Lanes&) {
    for (int s = 0; s < kVectors; ++s) linear[s] = q[s] = hn::Zero(kTag);
  }

  template <int columns>
  HWY_INLINE void add(const V (&v)[columns][kVectors]) {
    for (int j = 0; j < columns; ++j) {
      HWY_UNROLL(4)
      for (int s = 0; s < kVectors; ++s) {
        const V e = exp2_of_negative(hn::Or(v[j][s], constant(-0.0F)));  // −|v|
        linear[s] = hn::Add(linear[s], hn::Max(v[j][s], hn::Zero(kTag)));
        q[s] = hn::MulAdd(q[s], e, hn::Add(q[s], e));
      }
    }
  }

  HWY_INLINE void finish(Lanes& lanes) const {
    HWY_ALIGN float parts[2][kWidth];
    for (int s = 0; s < kVectors; ++s) {
      hn::Store(linear[s], kTag, parts[0]);
      hn::Store(log2_of_one_plus(q[s]), kTag, parts[1]);
      double* sums = lanes.sums + s * kWidth;
      for (std::int64_t i = 0; i < kWidth; ++i) {
        sums[i] += static_cast<double>(parts[0][i]) + static_cast<double>(parts[1][i]);
      }
    }
  }
};

/// Σ 2^v as (largest, sum below it); the maximum moves once every kColumns columns.
struct SoftmaxGroup {
  using Lanes = SoftmaxLanes;
  static constexpr int kColumns = kSoftmaxStep;
  V before[kVectors];
  V largest[kVectors];
  V sum[kVectors];

  HWY_INLINE explicit SoftmaxGroup(const Lanes& lanes) {
    for (int s = 0; s < kVectors; ++s) {
      before[s] = largest[s] = hn::LoadU(kTag, lanes.largest + s * kWidth);
      sum[s] = hn::Zero(kTag);
    }
  }

  template <int columns>
  HWY_INLINE void add(const V (&v)[columns][kVectors]) {
    HWY_UNROLL(4)
    for (int s = 0; s < kVectors; ++s) {
      V top = largest[s];
      for (int j = 0; j < columns; ++j) top = hn::Max(top, v[j][s]);
      sum[s] = hn::Mul(sum[s], exp2_of_negative(hn::Sub(largest[s], top)));
      HWY_UNROLL(6)
      for (int j = 0; j < columns; ++j) {
        sum[s] = hn::Add(sum[s], exp2_of_negative(hn::Sub(v[j][s], top)));
      }
      largest[s] = top;
    }
  }

  HWY_INLINE void finish(Lanes& lanes) const {
    HWY_ALIGN float parts[2][kWidth];
    for (int s = 0; s < kVectors; ++s) {
      hn::Store(exp2_of_negative(hn::Sub(before[s], largest[s])), kTag, parts[0]);
      hn::Store(sum[s], kTag, parts[1]);
      hn::StoreU(largest[s], kTag, lanes.largest + s * kWidth);
      double* sums = lanes.sums + s * kWidth;
      for (std::int64_t i = 0; i < kWidth; ++i) {
        sums[i] = sums[i] * static_cast<double>(parts[0][i]) + static_cast<double>(parts[1][i]);
      }
    }
  }
};

HWY_INLINE V logit_of(V product, const Logit& logit) {
  const V rest = hn::MulAdd(constant(logit.scale_rest), product, constant(logit.bias_rest));
  return hn::Add(hn::MulAdd(constant(logit.scale), product, rest), constant(logit.bias));
}

/// Lanes of `own` that are column `column` themselves get the logit −inf.
HWY_INLINE V without_own(V logit, const std::int32_t* own, std::int64_t column) {
  const auto lanes = hn::Load(kIntTag, own);
  const auto is_own = hn::Eq(lanes, hn::Set(kIntTag, static_cast<std::int32_t>(column)));
  return hn::IfThenElse(hn::RebindMask(kTag, is_own), constant(-INFINITY), logit);
}

/// Adds the logits of `columns` picked rows from `column` on, whose `products` are [columns][32].
template <int columns, class Group>
HWY_INLINE void add_logits(const PanelTask& task, std::int64_t column, const float* products,
                           Group& group) {
  V v[columns][kVectors];
  HWY_UNROLL(6)
  for (int j = 0; j < columns; ++j) {
    HWY_UNROLL(4)
    for (int s = 0; s < kVectors; ++s) {
      const V product = hn::Load(kTag, products + j * kLanes + s * kWidth);
      v[j][s] = logit_of(product, task.logit);
      if (task.own_columns) {
        v[j][s] = without_own(v[j][s], task.own_columns + s * kWidth, column + j);
      }
    }
  }
  group.template add<columns>(v);
}

/// The last columns of a block: add_logits with the constant that `columns` is.
template <class Group, int candidate = Group::kColumns - 1>
HWY_INLINE void add_last(std::int64_t columns, const PanelTask& task, std::int64_t column,
                         const float* products, Group& group) {
  if constexpr (candidate > 0) {
    if (columns == candidate) return add_logits<candidate>(task, column, products, group);
    add_last<Group, candidate - 1>(columns, task, column, products, group);
  }
}

template <class Group>
HWY_INLINE void add_block(const PanelTask& task, std::int64_t block, const float* products,
                          Group& group) {
  std::int64_t column = task.picked.begin(block);
  const std::int64_t end = task.picked.begin(block + 1);
  for (; column + Group::kColumns <= end; column += Group::kColumns) {
    add_logits<Group::kColumns>(task, column, products, group);
    products += Group::kColumns * kLanes;
  }
  add_last(end - column, task, column, products, group);
}

}  // namespace jest::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

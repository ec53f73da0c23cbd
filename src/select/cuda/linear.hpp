#pragma once
// Linear pairs: Σ_{j∈A} f_i·f_j = f_i·(Σ_{j∈A} f_j). A round adds the rows just picked into one
// vector and multiplies every remaining row with it, in double and in fixed orders.

#include <algorithm>
#include <cmath>

#include "arrays.hpp"
#include "elements.hpp"
#include "kernel.hpp"
#include "own_terms.hpp"

namespace jest::cuda {

/// Rows are added in at most kMostRowGroups groups at once; a group's in their order.
struct RowGroups {
  static constexpr std::int64_t kLeastRows = 32;
  std::int64_t rows;

  JEST_HOST_DEVICE std::int64_t group_rows() const {
    const std::int64_t fewest = (rows + kMostRowGroups - 1) / kMostRowGroups;
    return fewest < kLeastRows ? kLeastRows : fewest;
  }
  JEST_HOST_DEVICE std::int64_t count() const { return (rows + group_rows() - 1) / group_rows(); }
};

/// One element of a feature row.
JEST_HOST_DEVICE inline double feature(const Plan& plan, const Arrays& arrays, std::int64_t i,
                                       std::int64_t k) {
  const SideArguments& features = arrays.parameters->linear.features;
  return load(features.data, i * features.row_stride + k, plan.features.element);
}

/// groups[g, k] = Σ_j f_jk over the columns j of group g; one thread an element.
struct SumRowGroups {
  std::int64_t size;
  RowGroups groups;
  Plan plan;
  Arrays arrays;

  JEST_HOST_DEVICE void operator()(std::int64_t at) const {
    const std::int64_t k = at % plan.features.width;
    const std::int64_t first = at / plan.features.width * groups.group_rows();
    const std::int64_t end = first + groups.group_rows();
    double total = 0;
    for (std::int64_t j = first; j < end && j < groups.rows; ++j) {
      const std::int32_t position = arrays.columns[j];
      if (position >= 0) total += feature(plan, arrays, position, k);
    }
    arrays.linear.groups[at] = total;
  }
};

struct AddRowGroups {
  std::int64_t size;  ///< d
  RowGroups groups;
  Arrays arrays;

  JEST_HOST_DEVICE void operator()(std::int64_t k) const {
    double total = 0;
    for (std::int64_t g = 0; g < groups.count(); ++g) total += arrays.linear.groups[g * size + k];
    arrays.linear.sum[k] = total;
  }
};

/// One warp a row: lane l adds up columns l, l + 32, ..., then the 32 sums are folded in halves.
template <class Body>
struct WarpPerRow {
  using Sum = typename Body::Sum;
  static constexpr int kRows = 4;
  static constexpr int kThreads = kRows * kWarp;
  static constexpr int kPhases = 7;  // add, fold 16, 8, 4, 2, 1, finish
  static constexpr bool kSharesInWarps = true;
  struct Shared {
    Sum sums[kThreads];
  };

  Body body;

  std::int64_t blocks() const { return (body.size + kRows - 1) / kRows; }

  JEST_HOST_DEVICE void phase(int phase, const Place& place, Shared& shared) const {
    const std::int64_t row = place.block * kRows + place.thread / kWarp;
    if (row >= body.size) return;
    const int lane = place.thread % kWarp;
    Sum& mine = shared.sums[place.thread];
    if (phase == 0) {
      mine = body.lane_sum(row, lane);
    } else if (phase < kPhases - 1) {
      const int half = kWarp >> phase;
      if (lane < half) mine.fold(shared.sums[place.thread + half]);
    } else if (lane == 0) {
      body.finish(row, mine);
    }
  }
};

/// a_i = η·(f_i·v) + added_i; NaN where the row holds one, or it would spoil every sum it enters.
struct LinearOwnTerms {
  struct Sum {
    double alignment;
    double squares;
    JEST_HOST_DEVICE void fold(const Sum& other) {
      alignment += other.alignment;
      squares += other.squares;
    }
  };

  std::int64_t size;
  Plan plan;
  Arrays arrays;

  JEST_HOST_DEVICE Sum lane_sum(std::int64_t i, int lane) const {
    const float* direction = arrays.parameters->linear.direction;
    Sum sum{0, 0};
    for (std::int64_t k = lane; k < plan.features.width; k += kWarp) {
      const double value = feature(plan, arrays, i, k);
      if (direction) sum.alignment += value * direction[k];
      sum.squares += value * value;
    }
    return sum;
  }

  JEST_HOST_DEVICE void finish(std::int64_t i, const Sum& sum) const {
    const LinearArguments& linear = arrays.parameters->linear;
    double own = linear.added ? linear.added[i] : 0.0;
    if (linear.direction) own += linear.step_size * sum.alignment;
    set_own_term(arrays, i, std::isnan(sum.squares) ? sum.squares : own);
    if (arrays.linear.pairs) arrays.linear.pairs[i] = 0;
  }
};

/// pairs_i += f_i·sum for every listed i; without f_i itself where all rows are in the sum.
struct AddLinearPairs {
  struct Sum {
    double total;
    JEST_HOST_DEVICE void fold(const Sum& other) { total += other.total; }
  };

  std::int64_t size;
  Plan plan;
  Arrays arrays;

  JEST_HOST_DEVICE Sum lane_sum(std::int64_t row, int lane) const {
    const std::int32_t i = arrays.list[row];
    Sum sum{0};
    for (std::int64_t k = lane; k < plan.features.width; k += kWarp) {
      const double value = feature(plan, arrays, i, k);
      const double others = plan.mean_field ? arrays.linear.sum[k] - value : arrays.linear.sum[k];
      sum.total += value * others;
    }
    return sum;
  }

  JEST_HOST_DEVICE void finish(std::int64_t row, const Sum& sum) const {
    arrays.linear.pairs[arrays.list[row]] += sum.total;
  }
};

}  // namespace jest::cuda

#pragma once
// The list of candidates that are still to be had, always ascending in id, so that "the earlier
// slot" is "the smaller id".

#include "arrays.hpp"
#include "kernel.hpp"

namespace jest::cuda {

/// What a call starts from: the block of arguments, and counters at zero.
struct SetParameters {
  std::int64_t size = 1;
  Arrays arrays;
  Parameters parameters;

  JEST_HOST_DEVICE void operator()(std::int64_t) const {
    *arrays.parameters = parameters;
    *arrays.counters = {};
    *parameters.answer.report = {};
  }
};

/// Keys whose descending order is the ascending one of ids.
struct KeyIds {
  std::int64_t size;
  Arrays arrays;

  JEST_HOST_DEVICE void operator()(std::int64_t i) const {
    arrays.keys[i] = ~static_cast<std::uint64_t>(arrays.parameters->ids[i]);
    arrays.slots[i] = static_cast<std::uint32_t>(i);
  }
};

struct StartListByPosition {
  std::int64_t size;
  Arrays arrays;

  JEST_HOST_DEVICE void operator()(std::int64_t k) const {
    arrays.list[k] = static_cast<std::int32_t>(k);
  }
};

/// Takes the sorted positions over and reports ids that may not be.
struct StartListById {
  std::int64_t size;
  Arrays arrays;

  JEST_HOST_DEVICE void operator()(std::int64_t k) const {
    arrays.list[k] = static_cast<std::int32_t>(arrays.sorted_slots[k]);
    const auto id = static_cast<std::int64_t>(~arrays.sorted_keys[k]);
    const bool repeated = k > 0 && arrays.sorted_keys[k - 1] == arrays.sorted_keys[k];
    if (id >= 0 && !repeated) return;
    DeviceReport* report = arrays.parameters->answer.report;
    set_bits(&report->faults, id < 0 ? kNegativeId : kRepeatedId);
    raise_to(&report->id, id);  // as unsigned numbers, negative ids are the largest
  }
};

/// Once own terms are there: how many candidates may be picked at all.
struct CountEligible {
  std::int64_t size = 1;
  Plan plan;
  Arrays arrays;

  JEST_HOST_DEVICE void operator()(std::int64_t) const {
    DeviceReport& report = *arrays.parameters->answer.report;
    report.nan_count = arrays.counters->nan;
    report.eligible = plan.candidates - report.nan_count;
    if (report.eligible < plan.count) set_bits(&report.faults, kTooFewEligible);
  }
};

/// Divides the list into this round's picks and the rest, both still ascending in id.
struct SplitList {
  std::int64_t size;
  Arrays arrays;

  JEST_HOST_DEVICE void operator()(std::int64_t slot) const {
    const std::int32_t rank = arrays.ranks[slot];
    if (arrays.picked[slot] != 0) {
      arrays.columns[rank] = arrays.list[slot];
    } else {
      arrays.next_list[slot - rank] = arrays.list[slot];
    }
  }
};

/// All candidates are conditioned on but those set aside, whose columns are empty.
struct ConditionOnAll {
  std::int64_t size;
  Arrays arrays;

  JEST_HOST_DEVICE void operator()(std::int64_t slot) const {
    const std::int32_t position = arrays.list[slot];
    arrays.columns[slot] = arrays.aside[position] ? -1 : position;
  }
};

}  // namespace jest::cuda

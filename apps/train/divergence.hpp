#pragma once
// Models that diverged: told by name, where a selection would only find no candidate to pick.

#include <algorithm>
#include <string>

#include "train/samples.hpp"

namespace jest::apps::train {

inline constexpr const char* kLowerRate = "it diverged; try a lower --learning-rate";

/// Whether the model has no finite loss for any of some curated examples. O(1).
template <Task T>
bool gives_no_number(const T& task, typename T::Model& model) {
  constexpr std::int64_t kMost = 64;
  auto rows = all_rows(*task.data().curated);
  rows.resize(std::min(kMost, task.data().curated->rows()));
  const typename T::Batch batch({task.data().curated, std::move(rows)});
  const at::Tensor losses = own_losses_of(model, task.stored_as(batch, task.options()),
                                          {.precision = task.options().precision()});
  return !losses.isfinite().any().template item<bool>();
}

/// Throws where it has none.
template <Task T>
void expect_numbers(const std::string& who, const T& task, typename T::Model& model) {
  if (gives_no_number(task, model)) {
    refuse(who, "a model that gives finite losses of curated examples", "none: ", kLowerRate);
  }
}

}  // namespace jest::apps::train

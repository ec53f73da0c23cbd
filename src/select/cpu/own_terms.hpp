#pragma once
// What own terms are made of, of many candidates at a time, in vectors where the machine has them.

#include <cstdint>
#include <span>

#include "select/plain/logits.hpp"

namespace jest::detail {

/// logits[k] = model.own_logit(first + k), bit for bit on every instruction set. O(d·logits).
void own_logits(const plain::ModelRows& model, std::int64_t first, std::span<double> logits);

/// Each value u becomes softplus(u), bit for bit on every instruction set. O(values).
void softplus_each(std::span<double> values);

}  // namespace jest::detail

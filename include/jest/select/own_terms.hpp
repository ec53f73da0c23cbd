#pragma once
// What own terms are made of, of many candidates at a time, in vectors where the machine has them.

#include <cstdint>
#include <span>

#include "jest/core/views.hpp"

namespace jest::detail {

/// products[k] = x_i·y_i of row i = first + k, bit for bit eigen::inner_product on every
/// instruction set. O(d·products).
void inner_products(const EmbeddingsView& embeddings, std::int64_t first,
                    std::span<double> products);

/// Each value u becomes softplus(u), bit for bit on every instruction set. O(values).
void softplus_each(std::span<double> values);

}  // namespace jest::detail

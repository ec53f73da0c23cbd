#pragma once
// How much of a batch says the same twice.

#include "train/formats/byte_table.hpp"

namespace jest::apps::train {

/// Share of a batch's sequences of which more than half of the distinct runs of eight bytes occur
/// in one other sequence of the batch. O(b²·L).
double near_duplicate_share(const ByteBatch& batch);

}  // namespace jest::apps::train

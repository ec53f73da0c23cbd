#pragma once
// A pool's rows with curated ones behind them: how they are told apart.

#include "jest/data/tables.hpp"

namespace jest::apps::train {

/// Ids, tags and checksum of a table that has the curated examples behind the pool's rows. They
/// have ids of their own and the tag "curated", or "curated+" where the pool has that; rows of a
/// pool without tags get "pool".
ExampleTable joined_labels(const ExampleTable& pool, const ExampleTable& curated);

}  // namespace jest::apps::train

#pragma once
// Deliberately mismatched pairs, to see what selection does about them.

#include <cstdint>

#include "prepare/translation_rows.hpp"

namespace jest::studies {

/// Exchanges the translations of `share` of each language's rows among themselves, so that none
/// keeps its own as far as their texts allow, and appends "-noise" to their tags. Words that are
/// now on both sides go; a row that this leaves with an empty side goes too. Which rows, and who
/// gets what, is a pure function of the rows' ids and the seed. Order is kept.
TranslationRows exchange_translations(TranslationRows rows, double share, std::uint64_t seed);

/// Adds pairs of one row's x and another's y, tagged "-noise", until they are `share` of all: no
/// combination twice, no text more than once oftener than another. Words on both sides go; a pair
/// that this leaves with an empty side is not added. A pure function of the rows and the seed; the
/// added pairs follow the rows.
TranslationRows with_mismatches(TranslationRows rows, double share, std::uint64_t seed);

}  // namespace jest::studies

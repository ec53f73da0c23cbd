#pragma once
// Ids of candidates out of files: numbers of 64 bits, or identifiers of 128 bits.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "cached/float_rows.hpp"

namespace jest::apps::cached {

/// The two halves of a 128-bit identifier, the higher one first: the order of its 32 hexadecimal
/// digits.
using Uid = std::array<std::uint64_t, 2>;

/// 32 hexadecimal digits in lower case.
std::string digits_of(const Uid& uid);

/// [B] ids ≥ 0 and, where the files hold them, the identifiers that they stand for.
struct CachedIds {
  std::vector<std::int64_t> ids;
  std::vector<Uid> uids;  ///< [B], or empty
};

/// The arrays below each other, all of one kind: I64 [rows]; or U64 [rows, 2] (NumPy's u8,u8) or
/// U8 [rows, 32] (hexadecimal digits), whose ids are jest::hash_id of the digits. Throws, naming
/// the file, on others. O(rows).
CachedIds cached_ids(const std::vector<FileArray>& arrays);

}  // namespace jest::apps::cached

#pragma once
// Columns of a Parquet file as arrays: a plugin, of builds with JEST_PARQUET alone.

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "jest/io/safetensors.hpp"

namespace jest::apps::cached {

#ifdef JEST_WITH_PARQUET
inline constexpr bool kReadsParquet = true;
#else
inline constexpr bool kReadsParquet = false;  ///< and the file is refused by what it is
#endif

struct ParquetColumns {
  std::map<std::string, ArrayView> arrays;
  std::shared_ptr<const void> memory;  ///< of the views
};

/// Columns of numbers as [rows], of lists of numbers of one length as [rows, length], of strings of
/// 32 letters (identifiers) as U8 [rows, 32]; others, and columns with nulls, are passed over.
/// Throws, naming the file, what Arrow refuses.
ParquetColumns read_parquet(const std::filesystem::path& path);

}  // namespace jest::apps::cached

#pragma once
// Rows of float32 out of arrays of other widths, of one file or of several in order.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cached/array_file.hpp"
#include "jest/core/views.hpp"

namespace jest::apps::cached {

/// A row-major [rows, cols] matrix, with what keeps its memory.
struct FloatRows {
  std::shared_ptr<const float> data;
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::shared_ptr<const ArrayFile> in_place = {};  ///< the file, where these are its own numbers

  MatrixView view() const { return matrix_view(data.get(), rows, cols); }
};

/// An array of a file that lives as long as any copy of this.
struct FileArray {
  std::shared_ptr<const ArrayFile> file;
  const ArrayView* array = nullptr;
};

/// The arrays below each other, which are F32, F16, BF16 or F64 [rows, d] of one d, or, with
/// `dimensions` 1, [rows]: d is 1. In place where it is one of F32 that lies aligned, else
/// converted to memory of its own; F64 is rounded. Throws, naming the file, on other arrays, and
/// where memory is short. O(rows·d).
FloatRows float_rows(const std::vector<FileArray>& arrays, int dimensions);

}  // namespace jest::apps::cached

#include "cached/float_rows.hpp"

#include <bit>
#include <cstring>
#include <new>

#include "jest/core/error.hpp"

namespace jest::apps::cached {
namespace {

/// Sign and the other bits of a half, moved to where a float has them; the product with 2^112 makes
/// up for the exponents' difference, of subnormal numbers, too.
float of_half(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half & 0x8000U} << 16;
  const std::uint32_t rest = std::uint32_t{half & 0x7FFFU} << 13;
  const float finite = std::bit_cast<float>(rest) * 0x1p112F;
  const bool special = rest >= 0x0F800000;  // infinite, or NaN
  const std::uint32_t bits = special ? rest | 0x7F800000 : std::bit_cast<std::uint32_t>(finite);
  return std::bit_cast<float>(bits | sign);
}

float of_bfloat16(std::uint16_t word) { return std::bit_cast<float>(std::uint32_t{word} << 16); }

template <class Word, class Convert>
void convert(const ArrayView& array, float* to, const Convert& one) {
  const std::byte* from = array.bytes.data();
  const std::size_t count = array.bytes.size() / sizeof(Word);
  for (std::size_t k = 0; k < count; ++k) {
    Word word;
    std::memcpy(&word, from + k * sizeof(Word), sizeof(Word));
    to[k] = one(word);
  }
}

bool is_float(const std::string& dtype) {
  return dtype == "F32" || dtype == "F16" || dtype == "BF16" || dtype == "F64";
}

void convert(const ArrayView& array, float* to) {
  if (array.dtype == "F32") std::memcpy(to, array.bytes.data(), array.bytes.size());
  if (array.dtype == "F16") convert<std::uint16_t>(array, to, of_half);
  if (array.dtype == "BF16") convert<std::uint16_t>(array, to, of_bfloat16);
  if (array.dtype == "F64") {
    convert<double>(array, to, [](double value) { return static_cast<float>(value); });
  }
}

std::int64_t width(const ArrayView& array) { return array.shape.size() == 2 ? array.shape[1] : 1; }

void check(const FileArray& each, int dimensions, std::int64_t cols) {
  const ArrayView& array = *each.array;
  const std::string who = "read " + each.file->path().string();
  if (!is_float(array.dtype) || static_cast<int>(array.shape.size()) != dimensions) {
    refuse(who,
           dimensions == 2 ? "rows [B, d] of F32, F16, BF16 or F64"
                           : "numbers [B] of F32, F16, BF16 or F64",
           describe(array));
  }
  if (width(array) == 0) refuse(who, "at least one column", describe(array));
  if (width(array) != cols) {
    refuse(who, text("rows of width ", cols, ", as in the file before"), describe(array));
  }
}

bool lies_in_place(const ArrayView& array) {
  const auto address = reinterpret_cast<std::uintptr_t>(array.bytes.data());
  return array.dtype == "F32" && address % alignof(float) == 0;
}

std::shared_ptr<float[]> memory_for(std::int64_t rows, std::int64_t cols) {
  try {
    return std::make_shared_for_overwrite<float[]>(static_cast<std::size_t>(rows * cols));
  } catch (const std::bad_alloc&) {
    refuse("cached rows", text("memory for float32 [", rows, ", ", cols, "]"), "too little");
  }
}

}  // namespace

FloatRows float_rows(const std::vector<FileArray>& arrays, int dimensions) {
  FloatRows all{.data = nullptr, .cols = width(*arrays.front().array)};
  for (const FileArray& each : arrays) {
    check(each, dimensions, all.cols);
    all.rows += each.array->shape[0];
  }
  const FileArray& first = arrays.front();
  if (arrays.size() == 1 && lies_in_place(*first.array)) {
    const auto* data = reinterpret_cast<const float*>(first.array->bytes.data());
    return {{first.file, data}, all.rows, all.cols, first.file};
  }
  const auto memory = memory_for(all.rows, all.cols);
  float* to = memory.get();
  for (const FileArray& each : arrays) {
    convert(*each.array, to);
    each.file->expect_unchanged();
    to += each.array->elements();
  }
  all.data = {memory, memory.get()};
  return all;
}

}  // namespace jest::apps::cached

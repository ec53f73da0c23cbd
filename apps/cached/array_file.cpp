// Chooses the reader of a file of arrays.

#include "cached/array_file.hpp"

#include "cached/parquet_columns.hpp"
#include "io/npy_header.hpp"
#include "jest/core/error.hpp"

namespace jest::apps::cached {
namespace {

constexpr const char* kExpected = "a readable file of arrays (safetensors or .npy)";
constexpr const char* kOnlyArray = "";  ///< the name of an array of .npy
constexpr std::size_t kMostNames = 20;

std::string names_of(const std::map<std::string, ArrayView>& arrays) {
  std::string names;
  std::size_t count = 0;
  for (const auto& [name, array] : arrays) {
    if (count++ == kMostNames) return names + ", ...";
    names += (names.empty() ? "" : ", ") + name.substr(0, 60) + " " + describe(array);
  }
  return names.empty() ? "none" : names;
}

std::string beginning_of(const std::filesystem::path& path) {
  return ReadFile(path, kExpected).beginning(8);
}

}  // namespace

ArrayFile::ArrayFile(const std::filesystem::path& path, bool copied_soon) : path_(path) {
  const std::string beginning = beginning_of(path);
  if (beginning.starts_with("PAR1") && kReadsParquet) {
    ParquetColumns columns = read_parquet(path);
    parquet_ = columns.memory;
    arrays_ = std::move(columns.arrays);
  } else if (jest::is_npy(std::as_bytes(std::span(beginning)))) {
    npy_.emplace(path, kExpected, copied_soon);
    arrays_.emplace(kOnlyArray, read_npy_header(npy_->all(), path.string()));
  } else {
    safetensors_.emplace(path);
    metadata_ = safetensors_->metadata();
    arrays_ = safetensors_->arrays();
  }
}

const ArrayView* ArrayFile::find(const std::string& name) const {
  const auto found = arrays_.find(npy_ ? kOnlyArray : name);
  return found == arrays_.end() ? nullptr : &found->second;
}

const ArrayView& ArrayFile::array(const std::string& name) const {
  if (const ArrayView* array = find(name)) return *array;
  refuse("read " + path_.string(), "an array " + name, names_of(arrays_));
}

void ArrayFile::expect_unchanged() const {
  if (npy_) npy_->expect_unchanged();
  if (safetensors_) safetensors_->expect_unchanged();
}

}  // namespace jest::apps::cached

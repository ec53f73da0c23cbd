#include "cached/parquet_columns.hpp"

#include "jest/core/error.hpp"

#ifndef JEST_WITH_PARQUET

namespace jest::apps::cached {

ParquetColumns read_parquet(const std::filesystem::path& path) {
  refuse("read " + path.string(), "a build with JEST_PARQUET", "one without");
}

}  // namespace jest::apps::cached

#else

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>

#include <optional>

namespace jest::apps::cached {
namespace {

constexpr std::int64_t kUidDigits = 32;  ///< of an identifier

/// A table of one chunk a column, and the copies that arrays needed.
struct Held {
  std::shared_ptr<arrow::Table> table;
  std::vector<std::shared_ptr<const std::string> > digits;
};

template <class Value>
Value value_of(arrow::Result<Value> result, const std::filesystem::path& path) {
  if (!result.ok()) refuse("read " + path.string(), "a Parquet file", result.status().message());
  return std::move(result).ValueOrDie();
}

const char* dtype_of(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::HALF_FLOAT:
      return "F16";
    case arrow::Type::FLOAT:
      return "F32";
    case arrow::Type::DOUBLE:
      return "F64";
    case arrow::Type::INT64:
      return "I64";
    default:
      return nullptr;
  }
}

/// Numbers in one piece, as rows of `width`, or as a vector where that is none.
std::optional<ArrayView> numbers(const arrow::Array& values, std::optional<std::int64_t> width) {
  const char* dtype = dtype_of(*values.type());
  if (!dtype) return std::nullopt;
  const auto bytes = static_cast<std::size_t>(
      static_cast<const arrow::FixedWidthType&>(*values.type()).bit_width() / 8);
  const auto* data = reinterpret_cast<const std::byte*>(values.data()->buffers[1]->data());
  ArrayView array{.dtype = dtype, .shape = {values.length()}, .bytes = {}};
  if (width) array.shape = {*width == 0 ? 0 : values.length() / *width, *width};
  array.bytes = {data + bytes * static_cast<std::size_t>(values.offset()),
                 bytes * static_cast<std::size_t>(values.length())};
  return array;
}

/// The one length of all lists, if they have one.
template <class Lists>
std::optional<ArrayView> rows_of(const arrow::Array& column) {
  const auto& lists = static_cast<const Lists&>(column);
  if (lists.length() == 0) return std::nullopt;
  const std::int64_t width = lists.value_length(0);
  for (std::int64_t row = 1; row < lists.length(); ++row) {
    if (lists.value_length(row) != width) return std::nullopt;
  }
  const auto first = lists.value_offset(0);
  const auto values = lists.values()->Slice(first, lists.length() * width);
  return values->null_count() == 0 ? numbers(*values, width) : std::nullopt;
}

template <class Strings>
std::optional<ArrayView> digits_of(const arrow::Array& column, Held& held) {
  const auto& strings = static_cast<const Strings&>(column);
  std::string all;
  for (std::int64_t row = 0; row < strings.length(); ++row) {
    const auto word = strings.GetView(row);
    if (std::ssize(word) != kUidDigits) return std::nullopt;
    all += word;
  }
  held.digits.push_back(std::make_shared<const std::string>(std::move(all)));
  const std::string& kept = *held.digits.back();
  return ArrayView{.dtype = "U8",
                   .shape = {strings.length(), kUidDigits},
                   .bytes = std::as_bytes(std::span(kept.data(), kept.size()))};
}

std::optional<ArrayView> array_of(const arrow::Array& column, Held& held) {
  switch (column.type_id()) {
    case arrow::Type::FIXED_SIZE_LIST:
      return rows_of<arrow::FixedSizeListArray>(column);
    case arrow::Type::LIST:
      return rows_of<arrow::ListArray>(column);
    case arrow::Type::LARGE_LIST:
      return rows_of<arrow::LargeListArray>(column);
    case arrow::Type::STRING:
      return digits_of<arrow::StringArray>(column, held);
    case arrow::Type::LARGE_STRING:
      return digits_of<arrow::LargeStringArray>(column, held);
    default:
      return numbers(column, std::nullopt);
  }
}

}  // namespace

ParquetColumns read_parquet(const std::filesystem::path& path) {
  const auto held = std::make_shared<Held>();
  const auto file = value_of(arrow::io::ReadableFile::Open(path.string()), path);
  const auto reader = value_of(parquet::arrow::OpenFile(file, arrow::default_memory_pool()), path);
  const auto table = value_of(reader->ReadTable(), path);
  held->table = value_of(table->CombineChunks(), path);
  ParquetColumns columns;
  for (int k = 0; k < held->table->num_columns(); ++k) {
    const auto& chunks = *held->table->column(k);
    if (chunks.num_chunks() == 0 || chunks.null_count() > 0) continue;
    const auto array = array_of(*chunks.chunk(0), *held);
    if (!array) continue;
    const std::string& name = held->table->field(k)->name();
    columns.arrays.emplace(name, *array);
  }
  columns.memory = held;
  return columns;
}

}  // namespace jest::apps::cached

#endif

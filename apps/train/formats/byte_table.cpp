#include "train/formats/byte_table.hpp"

#include <torch/torch.h>

#include <algorithm>

#include "train/formats/joined_labels.hpp"

namespace jest::apps::train {

std::shared_ptr<const ByteTable> read_bytes(const std::filesystem::path& path) {
  const auto table = std::make_shared<ByteTable>();
  const auto file = std::make_shared<ByteFile>(path);
  const ArrayView& bytes = file->file.array("bytes", "U8", 2);
  if (bytes.shape[1] < 1) {
    refuse("read " + path.string(), "sequences of at least one byte", describe(bytes));
  }
  static_cast<ExampleTable&>(*table) = read_row_labels(file->file, bytes.shape[0]);
  table->length = bytes.shape[1];
  file->sequences = {reinterpret_cast<const std::uint8_t*>(bytes.bytes.data()), bytes.bytes.size()};
  table->files = {file};
  return table;
}

std::shared_ptr<const ByteTable> joined(const ByteTable& pool, const ByteTable& curated) {
  const auto table = std::make_shared<ByteTable>();
  static_cast<ExampleTable&>(*table) = joined_labels(pool, curated);
  table->length = pool.length;
  table->files = pool.files;
  table->files.insert(table->files.end(), curated.files.begin(), curated.files.end());
  return table;
}

std::span<const std::uint8_t> ByteTable::of(std::int64_t row) const {
  std::size_t first = static_cast<std::size_t>(row * length), k = 0;
  for (; first >= files[k]->sequences.size(); ++k) first -= files[k]->sequences.size();
  return files[k]->sequences.subspan(first, static_cast<std::size_t>(length));
}

void ByteTable::expect_unchanged() const {
  for (const auto& file : files) file->file.expect_unchanged();
}

ByteBatch ByteBatch::at(const std::vector<std::int64_t>& positions) const {
  ByteBatch batch(rows_.at(positions));
  batch.prefix_ = prefix_;
  return batch;
}

ByteBatch ByteBatch::prefix(std::int64_t length) const {
  if (length < 1 || length > rows_.table().length) {
    refuse("prefix", text("from 1 to the ", rows_.table().length, " bytes there are"), length);
  }
  ByteBatch batch = *this;
  batch.prefix_ = length;
  return batch;
}

at::Tensor ByteBatch::bytes() const {
  at::Tensor all = torch::empty({rows_.size(), length()}, at::kByte);
  auto* out = all.data_ptr<std::uint8_t>();
  for (const std::int64_t row : rows_.rows()) {
    out = std::copy_n(rows_.table().of(row).begin(), length(), out);
  }
  rows_.table().expect_unchanged();
  return all;
}

}  // namespace jest::apps::train

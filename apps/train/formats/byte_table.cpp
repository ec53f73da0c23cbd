#include "train/formats/byte_table.hpp"

#include <torch/torch.h>

#include <algorithm>

namespace jest::apps::train {

std::shared_ptr<const ByteTable> read_bytes(const std::filesystem::path& path) {
  auto table = std::make_shared<ByteTable>(path);
  const ArrayView& bytes = table->file.array("bytes", "U8", 2);
  if (bytes.shape[1] < 1) {
    refuse("read " + path.string(), "sequences of at least one byte", describe(bytes));
  }
  static_cast<ExampleTable&>(*table) = read_row_labels(table->file, bytes.shape[0]);
  table->length = bytes.shape[1];
  table->sequences = {reinterpret_cast<const std::uint8_t*>(bytes.bytes.data()),
                      bytes.bytes.size()};
  return table;
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
  rows_.table().file.expect_unchanged();
  return all;
}

}  // namespace jest::apps::train

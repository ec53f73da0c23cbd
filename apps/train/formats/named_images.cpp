#include "train/formats/named_images.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

#include "io/foreign_format.hpp"
#include "jest/io/atomic_file.hpp"
#include "train/formats/joined_labels.hpp"
#include "train/formats/normal_form.hpp"

namespace jest::apps::train {
namespace {

/// However an editor ends lines, marks the beginning, or composes letters, names are the same.
std::vector<std::string> lines_of(std::string_view content) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (content.starts_with(kByteOrderMark)) content.remove_prefix(kByteOrderMark.size());
  std::vector<std::string> lines;
  std::istringstream stream{std::string(content)};
  for (std::string line; std::getline(stream, line);) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(composed(line));
  }
  return lines;
}

/// FNV-1a.
std::uint32_t hash_of(std::string_view word, std::uint32_t hash = 2166136261u) {
  for (const unsigned char c : word) hash = (hash ^ c) * 16777619u;
  return hash;
}

std::int32_t word_bucket(std::uint32_t hash) {
  return static_cast<std::int32_t>((hash ^ hash >> 15) % kWordBuckets);
}

FeatureTable word_table(const std::vector<std::string>& texts) {
  FeatureTable table;
  for (const std::string& text : texts) {
    std::istringstream words(text);
    std::string before;
    for (std::string word; words >> word; before = word) {
      table.features.push_back(word_bucket(hash_of(word)));
      if (before.empty()) continue;
      table.features.push_back(word_bucket(hash_of(word, hash_of(" ", hash_of(before)))));
    }
    // A bag must not be empty.
    if (before.empty()) table.features.push_back(0);
    table.offsets.push_back(static_cast<std::int64_t>(table.features.size()));
  }
  return table;
}

void read_names(NamedImages& table) {
  const ArrayView& names = table.file->array("names", "I32", 1);
  const std::string file = table.file->path().string();
  if (names.elements() != table.rows()) {
    refuse("read " + file, text(table.rows(), " names"), describe(names));
  }
  table.names.resize(table.ids.size());
  std::memcpy(table.names.data(), names.bytes.data(), names.bytes.size());
  const std::filesystem::path list = table.file->path().parent_path() / "names.txt";
  const std::string content = read_file(list);
  const std::string format = foreign_format(content);
  if (!format.empty()) refuse("read " + list.string(), "a name a line, in UTF-8", format);
  table.texts = lines_of(content);
  const ArrayView summed[] = {text_view(table.checksum), text_view(content)};
  table.checksum = checksum(summed);
  const auto lines = static_cast<std::int64_t>(table.texts.size());
  for (const std::int32_t name : table.names) {
    if (name < 0 || name >= lines) {
      refuse("read " + file, text("names below the ", lines, " lines of names.txt"), name);
    }
  }
}

}  // namespace

std::shared_ptr<const NamedImages> read_named_images(const std::filesystem::path& path) {
  auto table = std::make_shared<NamedImages>();
  table->file.emplace(path);
  const ArrayView& images = table->file->array("images", "U8", 3);
  const std::int64_t side = images.shape[1];
  if (side < 2 || side % 2 != 0 || images.shape[2] != side) {
    refuse("read " + path.string(), "square images of an even side", describe(images));
  }
  static_cast<ExampleTable&>(*table) = read_row_labels(*table->file, images.shape[0]);
  table->side = side;
  table->pixels = {reinterpret_cast<const std::uint8_t*>(images.bytes.data()), images.bytes.size()};
  read_names(*table);
  table->words = word_table(table->texts);
  return table;
}

std::shared_ptr<const NamedImages> joined(const std::shared_ptr<const NamedImages>& pool,
                                          const std::shared_ptr<const NamedImages>& curated) {
  const auto table = std::make_shared<NamedImages>(*pool);
  static_cast<ExampleTable&>(*table) = joined_labels(*pool, *curated);
  table->parts = {pool, curated};
  table->file.reset();
  table->shards.reset();
  table->pixels = {};
  // Tables of one list of names go on sharing it: what a name's number means is the same in both.
  const bool same = pool->texts == curated->texts;
  const auto shift = static_cast<std::int32_t>(same ? 0 : pool->texts.size());
  for (const std::int32_t name : curated->names) table->names.push_back(name + shift);
  if (same) return table;
  table->texts.insert(table->texts.end(), curated->texts.begin(), curated->texts.end());
  table->words.append(curated->words);
  return table;
}

NamedImages::Place NamedImages::place(std::int64_t row) const {
  std::size_t k = 0;
  for (; row >= parts[k]->rows(); ++k) row -= parts[k]->rows();
  return {parts[k].get(), row};
}

void NamedImages::ahead(std::span<const std::int64_t> rows) const {
  if (shards) shards->ahead(rows);
  for (const auto& part : parts) {
    std::vector<std::int64_t> of_part;
    for (const std::int64_t row : rows) {
      const Place found = place(row);
      if (found.part == part.get()) of_part.push_back(found.row);
    }
    part->ahead(of_part);
  }
}

ImageBatch ImageBatch::at(const std::vector<std::int64_t>& positions) const {
  return ImageBatch(rows_.at(positions)).mixed(half_share_);
}

ImageBatch ImageBatch::seen_at(Resolution resolution) const {
  return mixed(resolution == Resolution::kHalf ? 1 : 0);
}

ImageBatch ImageBatch::mixed(double half_share) const {
  if (!(half_share >= 0 && half_share <= 1)) {
    refuse("images of a batch at half resolution", "a share from 0 to 1", half_share);
  }
  ImageBatch batch = *this;
  batch.half_share_ = half_share;
  return batch;
}

bool ImageBatch::at_half(std::int64_t position) const {
  const auto k = static_cast<double>(position);
  return std::ceil((k + 1) * half_share_) > std::ceil(k * half_share_);
}

at::Tensor NamedImages::images(std::span<const std::int64_t> rows) const {
  at::Tensor images = torch::empty({std::ssize(rows), colours, side, side}, at::kByte);
  for (const auto& part : parts) {
    std::vector<std::int64_t> positions, of_part;
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const Place found = place(rows[k]);
      if (found.part != part.get()) continue;
      positions.push_back(static_cast<std::int64_t>(k));
      of_part.push_back(found.row);
    }
    if (!of_part.empty()) images.index_put_({torch::tensor(positions)}, part->images(of_part));
  }
  if (!parts.empty()) return images;
  auto* out = images.data_ptr<std::uint8_t>();
  if (shards) {
    shards->pictures(rows, {out, static_cast<std::size_t>(images.numel())});
    return images;
  }
  for (const std::int64_t row : rows) out = std::ranges::copy(image(row), out).out;
  file->expect_unchanged();
  return images;
}

at::Tensor ImageBatch::pixels() const { return rows_.table().images(rows_.rows()); }

at::Tensor ImageBatch::images() const { return pixels().to(at::kFloat).div_(255); }

FeatureBags ImageBatch::words() const {
  const NamedImages& table = rows_.table();
  std::vector<std::int64_t> features;
  std::vector<std::int64_t> offsets;
  for (const std::int64_t row : rows_.rows()) {
    offsets.push_back(static_cast<std::int64_t>(features.size()));
    for (const std::int32_t word : table.words.of(table.names[row])) features.push_back(word);
  }
  return {torch::tensor(features, at::kLong), torch::tensor(offsets, at::kLong)};
}

}  // namespace jest::apps::train

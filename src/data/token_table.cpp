// Reads token files and finds the rows of windows and documents in them.

#include "jest/data/token_table.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <limits>

#include "io/token_layout.hpp"
#include "jest/learner/decoder.hpp"

namespace jest {
namespace {

constexpr std::size_t kMostTags = 16;

std::size_t bytes_of(TokenType type) { return type == TokenType::kU16 ? 2 : 4; }

template <class Visit>
decltype(auto) with_type(TokenType type, const void* data, const Visit& visit) {
  if (type == TokenType::kU16) return visit(static_cast<const std::uint16_t*>(data));
  return visit(static_cast<const std::uint32_t*>(data));
}

}  // namespace

TokenFile::TokenFile(const std::filesystem::path& path, TokenType raw_type)
    : name_(path.string()), file_(FileView(path, kTokenFile)) {
  const auto bytes = file_->bytes();
  const TokenLayout layout = token_layout(*file_, name_, bytes_of(raw_type));
  type_ = layout.width == 2 ? TokenType::kU16 : TokenType::kU32;
  data_ = bytes.data() + layout.begin;
  size_ = static_cast<std::int64_t>((bytes.size() - layout.begin) / layout.width);
}

TokenFile::TokenFile(std::vector<std::uint32_t> tokens, std::string name)
    : name_(std::move(name)),
      made_(std::make_shared<const std::vector<std::uint32_t>>(std::move(tokens))) {
  data_ = made_->data();
  size_ = std::ssize(*made_);
}

std::int64_t TokenFile::operator[](std::int64_t position) const {
  return with_type(type_, data_,
                   [&](const auto* all) { return static_cast<std::int64_t>(all[position]); });
}

void TokenFile::copy(std::int64_t first, std::int64_t count, std::int64_t* into) const {
  with_type(type_, data_, [&](const auto* all) { std::copy_n(all + first, count, into); });
}

std::int64_t TokenFile::largest() const {
  return with_type(type_, data_, [&](const auto* all) {
    return size_ == 0 ? 0 : static_cast<std::int64_t>(*std::max_element(all, all + size_));
  });
}

ArrayView TokenFile::array() const {
  const std::size_t bytes = static_cast<std::size_t>(size_) * bytes_of(type_);
  return {type_ == TokenType::kU16 ? "U16" : "U32",
          {size_},
          {static_cast<const std::byte*>(data_), bytes}};
}

std::int64_t TokenFile::find(std::int64_t token, std::int64_t from, bool at_least) const {
  return with_type(type_, data_, [&](const auto* all) {
    const auto* found = std::find_if(all + from, all + size_, [&](std::int64_t there) {
      return at_least ? there >= token : there == token;
    });
    return static_cast<std::int64_t>(found - all);
  });
}

void TokenFile::expect_unchanged() const {
  if (file_) file_->expect_unchanged();
}

TokenTable::TokenTable(std::vector<TokenFile> files, const TokenRows& rows)
    : files_(std::move(files)), length_(rows.length) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max() - 1;
  if (length_ < 1 || length_ > kMost) {
    refuse("token rows", text("a length from 1 to ", kMost), length_);
  }
  for (std::size_t k = 0; k < files_.size(); ++k) add_rows(static_cast<std::int32_t>(k), rows);
  if (places_.empty()) {
    refuse(files_.empty() ? "token rows" : "read " + files_.front().name(),
           "at least one row of two tokens", "none");
  }
  name_rows();
}

void TokenTable::add_rows(std::int32_t file, const TokenRows& rows) {
  const TokenFile& tokens = files_[file];
  if (!rows.document_end) return add_cut(file, 0, tokens.size());
  for (std::int64_t first = 0; first < tokens.size();) {
    const std::int64_t next = tokens.find(*rows.document_end, first + 1);
    add_cut(file, first, std::min(next + 1, tokens.size()));
    first = next;
  }
}

/// Rows of at most L + 1 tokens of [first, end), each beginning with the last of the one before.
void TokenTable::add_cut(std::int32_t file, std::int64_t first, std::int64_t end) {
  for (; first + 1 < end; first += length_) {
    const std::int64_t count = std::min(length_ + 1, end - first);
    places_.push_back({file, static_cast<std::int32_t>(count), first});
  }
}

void TokenTable::name_rows() {
  std::vector<std::int64_t> begins;
  std::int64_t begin = 0;
  std::vector<ArrayView> arrays;
  for (const TokenFile& file : files_) {
    begins.push_back(begin);
    begin += file.size();
    largest_ = std::max(largest_, file.largest());
    arrays.push_back(file.array());
  }
  checksum = jest::checksum(arrays);
  for (const Place& place : places_) ids.push_back(begins[place.file] + place.first);
  if (files_.size() < 2 || files_.size() > kMostTags) return;
  for (const TokenFile& file : files_) {
    tag_names.push_back(std::filesystem::path(file.name()).stem().string());
  }
  for (const Place& place : places_) tags.push_back(place.file);
}

std::vector<std::int64_t> TokenTable::of(std::int64_t row) const {
  std::vector<std::int64_t> all(static_cast<std::size_t>(tokens(row)));
  copy(row, tokens(row), all.data());
  return all;
}

void TokenTable::copy(std::int64_t row, std::int64_t count, std::int64_t* into) const {
  const Place& place = places_[row];
  files_[place.file].copy(place.first, count, into);
}

void TokenTable::expect_below(std::int64_t vocabulary) const {
  if (largest_ < vocabulary) return;
  for (const TokenFile& file : files_) {
    const std::int64_t found = file.find(vocabulary, 0, true);
    if (found == file.size()) continue;
    refuse("read " + file.name(), text("tokens below the ", vocabulary, " of the vocabulary"),
           file[found], " at position ", found);
  }
}

void TokenTable::expect_unchanged() const {
  for (const TokenFile& file : files_) file.expect_unchanged();
}

TokenBatch TokenBatch::at(const std::vector<std::int64_t>& positions) const {
  TokenBatch batch(rows_.at(positions));
  batch.prefix_ = prefix_;
  return batch;
}

TokenBatch TokenBatch::prefix(std::int64_t length) const {
  const std::int64_t most = rows_.table().length();
  if (length < 1 || length > most) {
    refuse("prefix", text("from 1 to the ", most, " tokens that a row predicts"), length);
  }
  TokenBatch batch = *this;
  batch.prefix_ = length;
  return batch;
}

at::Tensor TokenBatch::tokens() const {
  std::int64_t longest = 0;
  std::vector<std::int64_t> counts;
  for (const std::int64_t row : rows_.rows()) {
    counts.push_back(std::min(rows_.table().tokens(row), length() + 1));
    longest = std::max(longest, counts.back());
  }
  at::Tensor all = torch::full({rows_.size(), longest}, kNoToken, at::kLong);
  auto* out = all.data_ptr<std::int64_t>();
  for (std::int64_t k = 0; k < rows_.size(); ++k, out += longest) {
    rows_.table().copy(rows_.rows()[k], counts[k], out);
  }
  rows_.table().expect_unchanged();
  return all;
}

std::vector<std::filesystem::path> token_files(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.is_regular_file() && entry.path().extension() == ".bin") {
      files.push_back(entry.path());
    }
  }
  if (files.empty()) refuse("read " + path.string(), "a folder with .bin files", "none");
  std::ranges::sort(files);
  return files;
}

}  // namespace jest

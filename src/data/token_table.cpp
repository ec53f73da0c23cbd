// Reads token files and finds the rows of windows and documents in them.

#include "jest/data/token_table.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "io/crc.hpp"
#include "io/file_bytes.hpp"
#include "io/foreign_format.hpp"

namespace jest {

struct TokenContent {
  std::optional<FileContent> file;
  std::vector<std::uint32_t> made;
};

namespace {

constexpr std::size_t kHeaderNumbers = 256;  // of llm.c, int32 each
constexpr std::size_t kHeaderBytes = kHeaderNumbers * 4;
constexpr std::int32_t kMagicU16 = 20240520;
constexpr std::int32_t kMagicU32 = 20240801;
constexpr std::size_t kMostTags = 16;
constexpr const char* kExpected = "tokens: .bin of nanoGPT or llm.c";

std::int32_t header_number(std::span<const std::byte> bytes, std::size_t index) {
  std::int32_t number = 0;
  std::memcpy(&number, bytes.data() + 4 * index, 4);
  return number;
}

std::size_t bytes_of(TokenType type) { return type == TokenType::kU16 ? 2 : 4; }

/// Type, and where tokens begin.
struct Layout {
  TokenType type;
  std::size_t begin = 0;
};

/// Raw tokens have no signature of their own, but some files have another's. Small tokens of two
/// bytes look like letters of UTF-16, and are none.
void expect_no_other_format(std::span<const std::byte> bytes, const std::string& name) {
  const std::string_view begin(reinterpret_cast<const char*>(bytes.data()),
                               std::min<std::size_t>(bytes.size(), 512));
  const std::string foreign = foreign_format(begin);
  if (!foreign.empty() && !foreign.starts_with("UTF-16")) {
    refuse("read " + name, kExpected, foreign);
  }
  const bool letters = std::ranges::all_of(begin, [](unsigned char byte) {
    return (byte >= ' ' && byte < 0x7F) || (byte >= '\t' && byte <= '\r');
  });
  if (letters && !begin.empty()) refuse("read " + name, kExpected, "text (tokenise it)");
}

Layout layout_of(std::span<const std::byte> bytes, const std::string& name, TokenType raw_type) {
  const bool long_enough = bytes.size() >= kHeaderBytes;
  const std::int32_t magic = bytes.size() >= 4 ? header_number(bytes, 0) : 0;
  if (magic != kMagicU16 && magic != kMagicU32) {
    expect_no_other_format(bytes, name);
    return {raw_type};
  }
  if (!long_enough) refuse("read " + name, "llm.c's header of 1024 bytes", bytes.size(), " bytes");
  const TokenType type = magic == kMagicU16 ? TokenType::kU16 : TokenType::kU32;
  const std::int32_t version = header_number(bytes, 1);
  if (version != 1 && version != 7) {
    refuse("read " + name, "version 1 or 7 of llm.c's tokens", version);
  }
  const auto count = static_cast<std::int64_t>(header_number(bytes, 2));
  const std::size_t there = (bytes.size() - kHeaderBytes) / bytes_of(type);
  if (count < 0 || static_cast<std::size_t>(count) != there) {
    refuse("read " + name, text("the ", count, " tokens that its header says"), there);
  }
  return {type, kHeaderBytes};
}

template <class Visit>
decltype(auto) with_type(TokenType type, const void* data, const Visit& visit) {
  if (type == TokenType::kU16) return visit(static_cast<const std::uint16_t*>(data));
  return visit(static_cast<const std::uint32_t*>(data));
}

}  // namespace

TokenFile::TokenFile(const std::filesystem::path& path, TokenType raw_type) : name_(path.string()) {
  auto content = std::make_shared<TokenContent>();
  content->file.emplace(path, kExpected);
  const std::span<const std::byte> bytes = content->file->all();
  const Layout layout = layout_of(bytes, name_, raw_type);
  type_ = layout.type;
  const std::size_t width = bytes_of(type_);
  if ((bytes.size() - layout.begin) % width != 0) {
    refuse("read " + name_, text("a whole number of tokens of ", width, " bytes"), bytes.size(),
           " bytes");
  }
  data_ = bytes.data() + layout.begin;
  size_ = static_cast<std::int64_t>((bytes.size() - layout.begin) / width);
  content_ = std::move(content);
}

TokenFile::TokenFile(std::vector<std::uint32_t> tokens, std::string name) : name_(std::move(name)) {
  auto content = std::make_shared<TokenContent>();
  content->made = std::move(tokens);
  data_ = content->made.data();
  size_ = std::ssize(content->made);
  content_ = std::move(content);
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

void TokenFile::add_to(Crc& checksum) const {
  std::array<std::uint32_t, 4096> part;
  with_type(type_, data_, [&](const auto* all) {
    for (std::int64_t first = 0; first < size_; first += std::ssize(part)) {
      const std::int64_t count = std::min<std::int64_t>(size_ - first, std::ssize(part));
      std::copy_n(all + first, count, part.begin());
      checksum.add(std::as_bytes(std::span(part).first(static_cast<std::size_t>(count))));
    }
  });
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
  if (content_->file) content_->file->expect_unchanged();
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
  Crc crc;
  for (const TokenFile& file : files_) {
    begins.push_back(begin);
    begin += file.size();
    largest_ = std::max(largest_, file.largest());
    file.add_to(crc);
  }
  checksum = crc.digits();
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

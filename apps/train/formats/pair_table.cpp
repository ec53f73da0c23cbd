#include "train/formats/pair_table.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "io/foreign_format.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/io/safetensors.hpp"

namespace jest::apps::train {
namespace {

constexpr const char* kColumnNames[] = {"id", "x", "y", "tag"};

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t tab = line.find('\t'); tab != line.npos; tab = line.find('\t')) {
    fields.push_back(line.substr(0, tab));
    line.remove_prefix(tab + 1);
  }
  fields.push_back(line);
  return fields;
}

bool valid_utf8(std::string_view value) {
  const auto* next = reinterpret_cast<const utf8proc_uint8_t*>(value.data());
  auto left = static_cast<utf8proc_ssize_t>(value.size());
  while (left > 0) {
    utf8proc_int32_t code_point = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(next, left, &code_point);
    if (used <= 0) return false;
    next += used;
    left -= used;
  }
  return true;
}

/// The beginning of what a message quotes, cut between letters.
std::string_view shown(std::string_view text) {
  std::size_t end = std::min<std::size_t>(text.size(), 60);
  while (end > 0 && end < text.size() && (text[end] & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

/// Turns the lines of one file into a table, one defect away from an error.
class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  void header(std::string_view line) {
    const auto fields = split(line);
    columns_ = fields.size();
    const bool fits = (columns_ == 3 || columns_ == 4) && fields[0] == "id" && fields[1] == "x" &&
                      fields[2] == "y" && (columns_ == 3 || fields[3] == "tag");
    if (!fits) {
      refuse("read " + file_ + ", line 1",
             "the header id, x, y and maybe tag, with tabs between them", shown(line));
    }
  }

  void row(std::string_view line, std::int64_t number) {
    line_ = number;
    const auto fields = split(line);
    if (fields.size() != columns_) {
      refuse(text("read ", file_, ", line ", line_), text(columns_, " tab-separated columns"),
             fields.size());
    }
    table.ids.push_back(id(fields[0]));
    table.x.emplace_back(side(fields[1], 1));
    table.y.emplace_back(side(fields[2], 2));
    if (columns_ == 4) table.tags.push_back(tag(fields[3]));
  }

  PairTable table;

 private:
  [[noreturn]] void defect(int column, const std::string& expected, std::string_view came) const {
    refuse(text("read ", file_, ", line ", line_, ", column ", kColumnNames[column]), expected,
           came.empty() ? std::string_view("nothing") : shown(came));
  }

  std::int64_t id(std::string_view field) {
    std::int64_t value = -1;
    const auto end = field.data() + field.size();
    const auto [stop, error] = std::from_chars(field.data(), end, value);
    if (error != std::errc() || stop != end || value < 0) {
      defect(0, "a non-negative 64-bit integer", field);
    }
    if (!seen_.insert(value).second) defect(0, "an id that is not used above", field);
    return value;
  }

  std::string_view side(std::string_view field, int column) const {
    if (field.empty()) defect(column, "some text", field);
    if (!valid_utf8(field)) defect(column, "valid UTF-8", "other bytes (convert it with iconv)");
    return field;
  }

  std::int32_t tag(std::string_view field) {
    side(field, 3);
    const auto [found, added] = tag_index_.emplace(field, table.tag_names.size());
    if (added) table.tag_names.emplace_back(field);
    return found->second;
  }

  std::string file_;
  std::size_t columns_ = 0;
  std::int64_t line_ = 1;
  std::unordered_set<std::int64_t> seen_;
  std::unordered_map<std::string, std::int32_t> tag_index_;
};

}  // namespace

PairTable read_pairs(const std::filesystem::path& path) {
  const std::string content = read_file(path);
  const std::string format = foreign_format(std::string_view(content).substr(0, 512));
  if (!format.empty()) {
    refuse("read " + path.string() + ", line 1", "a table of text in UTF-8", format);
  }
  Reader reader(path.string());
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // some editors begin files with it
  std::string_view rest = content;
  if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
  for (std::int64_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    number == 1 ? reader.header(line) : reader.row(line, number);
  }
  if (reader.table.rows() == 0) {
    refuse("read " + path.string(), "a header line and at least one pair",
           content.empty() ? "an empty file" : "no pair");
  }
  const ArrayView bytes{"U8",
                        {static_cast<std::int64_t>(content.size())},
                        std::as_bytes(std::span(content.data(), content.size()))};
  reader.table.checksum = checksum({&bytes, 1});
  return std::move(reader.table);
}

}  // namespace jest::apps::train

#include "select/text_rows.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "jest/core/error.hpp"
#include "jest/io/safetensors.hpp"
#include "parse_json.hpp"

namespace jest::apps::select {
namespace {

void add(std::string_view text, TextRows& rows) {
  rows.bytes += text;
  rows.ends.push_back(std::ssize(rows.bytes));
}

/// `visit(line, number)` of every line, without its end.
template <class Visit>
void for_lines(const std::filesystem::path& path, bool json, const Visit& visit) {
  const FileView file(path, "a file of texts");
  const std::string format = file.other_format();
  if (!format.empty() && !(json && format.starts_with("JSON"))) {
    refuse("read " + path.string(), "a text a line, JSONL (.jsonl) or .safetensors", format);
  }
  std::string_view left{reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
  for (std::int64_t number = 1; !left.empty(); ++number) {
    std::string_view line = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(line.size() + 1, left.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    visit(line, number);
  }
  file.expect_unchanged();
}

TextRows read_json_lines(const std::filesystem::path& path) {
  TextRows rows;
  for_lines(path, true, [&](std::string_view line, std::int64_t number) {
    if (line.find_first_not_of(" \t") == line.npos) return;
    const std::string operation = text("read ", path.string(), ":", number);
    const auto json = parse_json(std::string(line), operation);
    if (!json.is_object() || !json.contains("text") || !json["text"].is_string()) {
      refuse(operation, "an object with \"text\", a string", "another value");
    }
    add(json["text"].get<std::string>(), rows);
  });
  return rows;
}

TextRows read_table(const std::filesystem::path& path) {
  SafetensorsFile file(path);
  const ArrayView& bytes = file.array("bytes", "U8", 2);
  if (bytes.shape[1] < 1) {
    refuse("read " + path.string(), "texts of at least one byte", describe(bytes));
  }
  TextRows rows;
  rows.bytes.assign(reinterpret_cast<const char*>(bytes.bytes.data()), bytes.bytes.size());
  for (std::int64_t row = 0; row < bytes.shape[0]; ++row) {
    rows.ends.push_back((row + 1) * bytes.shape[1]);
  }
  if (file.has("ids")) {
    const auto ids = file.integers("ids", 1);
    if (std::ssize(ids) != rows.rows()) {
      refuse("read " + path.string(), text(rows.rows(), " ids, one a row"), ids.size());
    }
    rows.ids.assign(ids.begin(), ids.end());
  }
  file.expect_unchanged();
  return rows;
}

TextRows read_any(const std::filesystem::path& path) {
  if (path.extension() == ".safetensors") return read_table(path);
  if (path.extension() == ".jsonl") return read_json_lines(path);
  TextRows rows;
  for_lines(path, false, [&](std::string_view line, std::int64_t) { add(line, rows); });
  return rows;
}

}  // namespace

std::string_view TextRows::row(std::int64_t position) const {
  const auto at = static_cast<std::size_t>(position);
  const std::int64_t begin = position == 0 ? 0 : ends[at - 1];
  return std::string_view(bytes).substr(static_cast<std::size_t>(begin),
                                        static_cast<std::size_t>(ends[at] - begin));
}

TextRows read_text_rows(const std::filesystem::path& path) {
  TextRows rows = read_any(path);
  if (rows.rows() == 0) refuse("read " + path.string(), "at least one text", "none");
  if (rows.ids.empty()) {
    rows.ids.resize(rows.ends.size());
    std::iota(rows.ids.begin(), rows.ids.end(), 0);
  }
  return rows;
}

}  // namespace jest::apps::select

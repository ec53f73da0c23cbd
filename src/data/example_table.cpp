// Reads ids and tags of a table, and checks them before anything is trained.

#include "jest/data/tables.hpp"

#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <unordered_set>

namespace jest {
namespace {

std::vector<std::string> tag_names(const SafetensorsFile& file) {
  const auto found = file.metadata().find("tag_names");
  const auto json =
      nlohmann::json::parse(found == file.metadata().end() ? "" : found->second, nullptr, false);
  std::vector<std::string> names;
  if (json.is_array()) {
    for (const auto& name : json) names.push_back(name.is_string() ? name.get<std::string>() : "");
  }
  if (names.empty()) {
    refuse("read " + file.path().string(), "metadata tag_names, a JSON array of strings",
           found == file.metadata().end() ? "none" : found->second);
  }
  return names;
}

void read_tags(const SafetensorsFile& file, ExampleTable& table) {
  const ArrayView& tags = file.array("tags", "I32", 1);
  table.tag_names = tag_names(file);
  if (tags.elements() != table.rows()) {
    refuse("read " + file.path().string(), text(table.rows(), " tags"), describe(tags));
  }
  table.tags.resize(table.ids.size());
  std::memcpy(table.tags.data(), tags.bytes.data(), tags.bytes.size());
  const auto names = static_cast<std::int32_t>(table.tag_names.size());
  for (const std::int32_t tag : table.tags) {
    if (tag < 0 || tag >= names) {
      refuse("read " + file.path().string(), text("tags below ", names), tag);
    }
  }
}

void check_ids(const SafetensorsFile& file, const ExampleTable& table) {
  std::unordered_set<std::int64_t> seen;
  for (const std::int64_t id : table.ids) {
    if (id < 0) refuse("read " + file.path().string(), "ids of at least 0", id);
    if (!seen.insert(id).second) {
      refuse("read " + file.path().string(), "distinct ids", text(id, " more than once"));
    }
  }
}

}  // namespace

ArrayView text_view(const std::string& text) {
  return {"U8", {static_cast<std::int64_t>(text.size())}, std::as_bytes(std::span(text))};
}

std::vector<std::int64_t> all_rows(const ExampleTable& table) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(table.rows()));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

ExampleTable read_row_labels(SafetensorsFile& file, std::int64_t rows) {
  ExampleTable table;
  const auto ids = file.integers("ids", 1);
  table.ids.assign(ids.begin(), ids.end());
  if (table.rows() != rows || rows == 0) {
    refuse("read " + file.path().string(), "one id for each of its rows, and at least one row",
           text(table.rows(), " ids, ", rows, " rows"));
  }
  check_ids(file, table);
  if (file.has("tags")) read_tags(file, table);
  std::vector<ArrayView> arrays;
  for (const auto& [name, array] : file.arrays()) arrays.push_back(array);
  const auto names = file.metadata().find("tag_names");
  if (names != file.metadata().end()) arrays.push_back(text_view(names->second));
  table.checksum = checksum(arrays);
  return table;
}

}  // namespace jest

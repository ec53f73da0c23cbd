#include "prepare/row_table.hpp"

#include <map>
#include <span>

#include "jest/core/error.hpp"
#include "prepare/prepared_folder.hpp"

namespace jest::studies {
namespace {

template <class Element>
NamedArray column(const char* name, const char* dtype, const std::vector<Element>& elements) {
  return {
      name,
      {dtype, {static_cast<std::int64_t>(elements.size())}, std::as_bytes(std::span(elements))}};
}

}  // namespace

nlohmann::ordered_json write_row_table(const std::filesystem::path& path,
                                       std::vector<NamedArray> arrays, const RowLabels& labels) {
  for (const NamedArray& array : arrays) {
    if (array.array.shape.at(0) != static_cast<std::int64_t>(labels.ids.size())) {
      refuse("write " + path.string(),
             text("a row of ", array.name, " for each of ", labels.ids.size(), " ids"),
             describe(array.array));
    }
  }
  TagCounts counts;
  for (const std::string& tag : labels.tags) ++counts[tag];
  auto names = nlohmann::json::array();
  std::map<std::string, std::int32_t> positions;
  for (const auto& [tag, count] : counts) {
    positions[tag] = static_cast<std::int32_t>(names.size());
    names.push_back(tag);
  }
  std::vector<std::int32_t> tags;
  for (const std::string& tag : labels.tags) tags.push_back(positions[tag]);
  arrays.push_back(column("ids", "I64", labels.ids));
  arrays.push_back(column("tags", "I32", tags));
  write_safetensors(path, arrays, {{"tag_names", names.dump()}});
  return describe_table(path, counts);
}

}  // namespace jest::studies

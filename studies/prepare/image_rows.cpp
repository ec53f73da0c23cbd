#include "prepare/image_rows.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <tuple>
#include <utility>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "prepare/child_process.hpp"
#include "prepare/row_id.hpp"
#include "prepare/row_table.hpp"
#include "prepare/seeded_exchange.hpp"

namespace jest::studies {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kNames = "names.txt";

Json write_image_table(const std::filesystem::path& path, ImageRows rows) {
  std::string images;
  images.reserve(rows.size() * kImageSide * kImageSide);
  std::vector<std::int32_t> names;
  RowLabels labels;
  for (ImageRow& row : rows) {
    images += std::exchange(row.image, std::string());
    names.push_back(row.name);
    labels.ids.push_back(row.id);
    labels.tags.push_back(std::move(row.tag));
  }
  const auto count = static_cast<std::int64_t>(rows.size());
  return write_row_table(
      path,
      {{"images", {"U8", {count, kImageSide, kImageSide}, std::as_bytes(std::span(images))}},
       {"names", {"I32", {count}, std::as_bytes(std::span(names))}}},
      labels);
}

Json write_names(const std::filesystem::path& path, const std::vector<std::string>& names) {
  std::string lines;
  for (const std::string& name : names) (lines += name) += '\n';
  write_file(path, lines);
  return {{"rows", names.size()}, {"sha256", file_sha256(path.string())}};
}

}  // namespace

ImageRows in_order_of_id(ImageRows rows) {
  std::ranges::sort(rows, {}, [](const ImageRow& row) { return std::tie(row.id, row.image); });
  make_ids_distinct(rows);
  return rows;
}

ImageRows exchange_names(ImageRows rows, double share, std::uint64_t seed) {
  if (share <= 0) return rows;
  Positions all(rows.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const Positions chosen =
      chosen_share(rows, std::move(all), share, SeededOrder{seed, Purpose::kNoise});
  const Positions from = givers(chosen, [&](std::size_t receiver, std::size_t giver) {
    return rows[receiver].name == rows[giver].name;
  });
  std::vector<std::int32_t> names;
  for (const std::size_t giver : from) names.push_back(rows[giver].name);
  for (ImageRow& row : rows) row.tag = "true";
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    rows[chosen[i]].name = names[i];
    rows[chosen[i]].tag = "noise";
  }
  return rows;
}

Json write_image_folder(const PreparedFolder& folder, const std::vector<std::string>& names,
                        std::vector<ImageRows> tables, Json description) {
  remove_manifest(folder);
  description["files"][kNames] = write_names(folder.path / kNames, names);
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const std::string& name = folder.tables.at(i);
    if (tables[i].empty()) refuse(folder.command, "rows in " + name, "none");
    description["files"][name] = write_image_table(folder.path / name, std::move(tables[i]));
  }
  write_manifest(folder, description);
  return description;
}

}  // namespace jest::studies

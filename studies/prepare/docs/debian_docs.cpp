#include "prepare/docs/debian_docs.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "jest/core/error.hpp"
#include "prepare/apt_index.hpp"
#include "prepare/deb_packages.hpp"
#include "prepare/docs/doc_copies.hpp"
#include "prepare/docs/doc_reading.hpp"
#include "prepare/docs/doc_sources.hpp"
#include "prepare/docs/doc_split.hpp"
#include "prepare/progress.hpp"
#include "prepare/row_table.hpp"
#include "prepare/temporary_folder.hpp"

namespace jest::studies {
namespace {

using Json = nlohmann::ordered_json;

Json requested(const DebianDocsCommand& command) {
  Json request{{"command", text("jest-data debian-docs --seed ", command.seed)},
               {"version", command.version},
               {"seed", command.seed}};
  if (command.copies == 0) return request;
  request["command"] = text(request["command"].get<std::string>(), " --copies ", command.copies);
  request["copies"] = command.copies;
  return request;
}

struct Fetched {
  std::vector<AptIndex> indexes;
  std::vector<DebPackage> packages;
};

Fetched fetch(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const DocSource& source : doc_sources()) {
    if (std::ranges::find(names, source.package) == names.end()) names.push_back(source.package);
  }
  progress("fetching apt's indexes, about 70 MB");
  Fetched fetched;
  fetched.indexes = fetch_indexes(folder, {kDescriptionLanguages, true});
  progress("fetching ", names.size(), " packages, about 160 MB");
  fetched.packages = fetch_packages(folder, names);
  return fetched;
}

std::vector<DocOffer> read_all(const Fetched& fetched, const std::filesystem::path& folder) {
  std::map<std::string, DebPackage> packages;
  for (const DebPackage& package : fetched.packages) packages[package.name] = package;
  std::vector<DocOffer> offers;
  const auto add = [&](DocRows rows, DocTable table, std::size_t most_rows) {
    progress("read ", rows.size(), " rows of ", rows.empty() ? "nothing" : rows[0].tag);
    offers.push_back({std::move(rows), table, most_rows});
  };
  for (const DocSource& source : doc_sources()) {
    add(read_source(source, packages.at(source.package), folder), source.table, source.most_rows);
  }
  for (const std::string& language : kDescriptionLanguages) {
    add(read_description_rows(fetched.indexes, language), DocTable::kPool, kDescriptionRows);
  }
  add(licence_rows(kLicenceRows), DocTable::kPool, kLicenceRows);
  return offers;
}

Json prepare(const PreparedFolder& folder, const DebianDocsCommand& command, Json request) {
  const TemporaryFolder private_folder;
  const Fetched fetched = fetch(private_folder.path());
  std::vector<DocRows> tables =
      split_docs(read_all(fetched, private_folder.path() / "unpacked"), command.seed);
  if (command.copies > 0) {
    DocRows& pool = tables[static_cast<std::size_t>(DocTable::kPool)];
    pool =
        with_near_copies(std::move(pool), static_cast<std::size_t>(command.copies), command.seed);
  }
  progress("writing the tables");
  request["packages"] = describe_packages(fetched.packages);
  request["indexes"] = describe_indexes(fetched.indexes);
  return write_debian_docs(folder, tables, std::move(request));
}

Json write_table(const std::filesystem::path& path, const DocRows& rows) {
  std::string bytes;
  bytes.reserve(rows.size() * kChunkBytes);
  RowLabels labels;
  for (const DocRow& row : rows) {
    bytes += row.bytes;
    labels.ids.push_back(row.id);
    labels.tags.push_back(row.tag);
  }
  const ArrayView array{
      "U8", {static_cast<std::int64_t>(rows.size()), kChunkBytes}, std::as_bytes(std::span(bytes))};
  return write_row_table(path, {{"bytes", array}}, labels);
}

}  // namespace

PreparedFolder debian_docs_folder(const std::filesystem::path& path) {
  return {"debian-docs", path, kDocTables};
}

Json write_debian_docs(const PreparedFolder& folder, const std::vector<DocRows>& tables,
                       Json description) {
  remove_manifest(folder);
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const std::string& name = folder.tables[i];
    if (tables[i].empty()) refuse(folder.command, "rows in " + name, "none");
    description["files"][name] = write_table(folder.path / name, tables[i]);
  }
  write_manifest(folder, description);
  return description;
}

void prepare_debian_docs(const DebianDocsCommand& command) {
  if (command.copies < 0) refuse("--copies", "a number of at least 0", command.copies);
  const PreparedFolder folder = debian_docs_folder(command.out);
  fill_once(folder, requested(command),
            [&](Json request) { return prepare(folder, command, std::move(request)); });
}

}  // namespace jest::studies

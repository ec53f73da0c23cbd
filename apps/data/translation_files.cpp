#include "data/translation_files.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "data/child_process.hpp"
#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kManifest = "manifest.json";
constexpr std::array kTables = {"curated.tsv", "pool.tsv", "eval.tsv"};

bool is_ours(const std::string& name) {
  const std::string plain = name.substr(0, name.find(".tmp-"));  // of an interrupted atomic write
  return plain == kManifest || std::ranges::find(kTables, plain) != kTables.end();
}

void refuse_foreign_files(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!is_ours(name)) {
      refuse("translations --out " + folder.string(), "a new or empty folder", "one that holds ",
             name);
    }
  }
}

Json read_manifest(const std::filesystem::path& path) {
  try {
    return Json::parse(read_file(path));
  } catch (const nlohmann::json::exception&) {
    refuse("translations", "a manifest in JSON", path.string());
  }
}

Json describe_table(const std::filesystem::path& path, const TranslationRows& rows) {
  std::map<std::string, std::size_t> counts;
  for (const TranslationRow& row : rows) ++counts[row.tag];
  return {{"rows", rows.size()}, {"sha256", file_sha256(path.string())}, {"tags", counts}};
}

}  // namespace

std::string rows_as_tsv(const TranslationRows& rows) {
  std::string out = "id\tx\ty\ttag\n";
  for (const TranslationRow& row : rows) {
    out += std::to_string(row.id);
    for (const std::string* field : {&row.text.x, &row.text.y, &row.tag}) {
      if (field->find_first_of("\t\r\n") != std::string::npos) {
        refuse("write translations", "texts without tabs or line breaks", *field);
      }
      (out += '\t') += *field;
    }
    out += '\n';
  }
  return out;
}

Json requested(const SplitSpec& spec, const std::string& version) {
  return {{"command", text("jest-data translations --target ", spec.target, " --noise ", spec.noise,
                           " --seed ", spec.seed)},
          {"version", version},
          {"target", spec.target},
          {"noise", spec.noise},
          {"seed", spec.seed}};
}

std::optional<Json> existing_manifest(const std::filesystem::path& folder, const Json& request) {
  refuse_foreign_files(folder);
  if (!std::filesystem::exists(folder / kManifest)) return std::nullopt;
  Json manifest = read_manifest(folder / kManifest);
  for (const auto& [name, value] : request.items()) {
    const Json found = manifest.is_object() ? manifest.value(name, Json()) : Json();
    if (found != value) {
      refuse("translations --out " + folder.string(),
             text("a new folder, or one prepared with ", name, " ", value.dump()), found.dump());
    }
  }
  return manifest;
}

bool tables_match(const std::filesystem::path& folder, const Json& manifest) {
  return std::ranges::all_of(kTables, [&](const char* name) {
    const auto path = folder / name;
    const Json::json_pointer sha256("/files/" + std::string(name) + "/sha256");
    return std::filesystem::is_regular_file(path) && manifest.contains(sha256) &&
           manifest.at(sha256) == file_sha256(path.string());
  });
}

Json describe_indexes(const std::vector<AptIndex>& indexes) {
  Json list = Json::array();
  for (const AptIndex& index : indexes) {
    list.push_back({{"name", index.path.filename().string()},
                    {"bytes", std::filesystem::file_size(index.path)},
                    {"sha256", file_sha256(index.path.string())},
                    {"release_date", index.release_date}});
  }
  return list;
}

Json write_translations(const std::filesystem::path& folder, const TranslationSplit& split,
                        Json description) {
  // Without a manifest the folder counts as unfinished.
  std::filesystem::remove(folder / kManifest);
  const std::array<const TranslationRows*, 3> parts = {&split.curated, &split.pool, &split.eval};
  for (std::size_t i = 0; i < kTables.size(); ++i) {
    const auto path = folder / kTables[i];
    write_file(path, rows_as_tsv(*parts[i]));
    description["files"][kTables[i]] = describe_table(path, *parts[i]);
  }
  write_file(folder / kManifest, description.dump(2) + '\n');
  return description;
}

}  // namespace jest

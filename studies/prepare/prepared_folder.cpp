#include "prepare/prepared_folder.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "prepare/child_process.hpp"
#include "prepare/progress.hpp"

namespace jest::studies {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kManifest = "manifest.json";

std::vector<std::string> all_files(const PreparedFolder& folder) {
  std::vector<std::string> names = folder.tables;
  names.insert(names.end(), folder.others.begin(), folder.others.end());
  return names;
}

std::string option_of(const PreparedFolder& folder) {
  return folder.command + " --out " + folder.path.string();
}

/// Whether one of the files lies in a folder.
bool holds_one_of(const std::vector<std::string>& files, const std::string& folder) {
  return std::ranges::any_of(files,
                             [&](const auto& file) { return file.starts_with(folder + '/'); });
}

void refuse_foreign_files(const PreparedFolder& folder) {
  std::vector<std::string> ours = all_files(folder);
  ours.push_back(kManifest);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path)) {
    const std::string name = entry.path().lexically_relative(folder.path).string();
    if (entry.is_directory() && holds_one_of(ours, name)) continue;
    std::string plain = name.substr(0, name.find(".tmp-"));             // of an interrupted write
    if (plain.ends_with(".tar.index")) plain.resize(plain.size() - 6);  // jest-train's, of a shard
    if (std::ranges::find(ours, plain) == ours.end()) {
      refuse(option_of(folder), "a new or empty folder", "one that holds ", name);
    }
  }
}

Json read_manifest(const PreparedFolder& folder) {
  const auto path = folder.path / kManifest;
  const std::string content = read_file(path);
  check_checksum(content, "read " + path.string());
  try {
    return Json::parse(content);
  } catch (const nlohmann::json::exception&) {
    refuse(folder.command, "a manifest in JSON", path.string());
  }
}

}  // namespace

void make_folder(const PreparedFolder& folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder.path, failure);
  if (failure || ::access(folder.path.c_str(), W_OK | X_OK) != 0) {
    const std::string reason = failure ? failure.message() : std::strerror(errno);
    refuse(folder.command + " --out", "a folder that can be written", folder.path.string(), ": ",
           reason);
  }
}

std::optional<Json> existing_manifest(const PreparedFolder& folder, const Json& request) {
  refuse_foreign_files(folder);
  if (!std::filesystem::exists(folder.path / kManifest)) return std::nullopt;
  Json manifest = read_manifest(folder);
  for (const auto& [name, value] : request.items()) {
    const Json found = manifest.is_object() ? manifest.value(name, Json()) : Json();
    if (found != value) {
      refuse(option_of(folder),
             text("a new folder, or one prepared with ", name, " ", value.dump()), found.dump());
    }
  }
  return manifest;
}

bool tables_match(const PreparedFolder& folder, const Json& manifest) {
  return std::ranges::all_of(all_files(folder), [&](const std::string& name) {
    const auto path = folder.path / name;
    const Json::json_pointer sha256 = Json::json_pointer("/files") / name / "sha256";
    return std::filesystem::is_regular_file(path) && manifest.contains(sha256) &&
           manifest.at(sha256) == file_sha256(path.string());
  });
}

Json describe_table(const std::filesystem::path& path, const TagCounts& counts) {
  std::size_t rows = 0;
  for (const auto& [tag, count] : counts) rows += count;
  return {{"rows", rows}, {"sha256", file_sha256(path.string())}, {"tags", counts}};
}

void remove_manifest(const PreparedFolder& folder) {
  std::filesystem::remove(folder.path / kManifest);
}

void write_manifest(const PreparedFolder& folder, const Json& manifest) {
  write_file(folder.path / kManifest, with_checksum(manifest.dump(2)) + '\n');
}

void fill_once(const PreparedFolder& folder, const Json& request,
               const std::function<Json(Json)>& prepare) {
  make_folder(folder);
  const auto manifest = existing_manifest(folder, request);
  if (manifest && tables_match(folder, *manifest)) {
    progress("using what is in ", folder.path.string());
    print_summary(folder, *manifest);
    return;
  }
  print_summary(folder, prepare(request));
}

}  // namespace jest::studies

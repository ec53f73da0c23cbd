#include "train/run_folder.hpp"

#include <algorithm>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "parse_json.hpp"

namespace jest::apps::train {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Names the first option in which two identities differ.
void expect_same(const fs::path& folder, const Json& before, const Json& now) {
  for (const auto& [key, value] : now.items()) {
    if (before.contains(key) && before[key] == value) continue;
    refuse("--resume " + folder.string(),
           text(key, " ", before.contains(key) ? before[key].dump() : "absent",
                " as in the run this folder holds"),
           value.dump());
  }
  if (before.size() != now.size()) {
    refuse("--resume " + folder.string(), "a run.json of this version", "another");
  }
}

/// What a process that was killed while writing left behind.
bool is_leftover(const fs::path& path) {
  return path.filename().string().find(".tmp-") != std::string::npos;
}

void remove_leftovers(const fs::path& folder) {
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && is_leftover(entry.path())) leftovers.push_back(entry.path());
  }
  for (const fs::path& leftover : leftovers) fs::remove(leftover);
}

bool holds_nothing(const fs::path& folder) {
  const fs::directory_iterator entries(folder);
  return std::all_of(begin(entries), end(entries),
                     [](const auto& entry) { return is_leftover(entry.path()); });
}

void claim_locked(const FolderClaim& claim) {
  const fs::path record = claim.folder / "run.json";
  if (holds_nothing(claim.folder)) {
    write_file(record, claim.identity.dump(1) + "\n");
    return;
  }
  if (!fs::exists(record)) {
    refuse("--out " + claim.folder.string(), "an empty folder or one of an earlier run",
           "a folder with other files");
  }
  if (!claim.resume) {
    refuse("--out " + claim.folder.string(), "an empty folder, or --resume",
           "the folder of an earlier run");
  }
  const Json before = parse_json<Json>(read_file(record), "read " + record.string());
  expect_same(claim.folder, before.is_object() ? before : Json::object(), claim.identity);
  remove_leftovers(claim.folder);
}

}  // namespace

FolderLock claim_folder(const FolderClaim& claim) try {
  fs::create_directories(claim.folder);
  FolderLock lock(claim.folder);
  claim_locked(claim);
  return lock;
} catch (const fs::filesystem_error& error) {
  refuse("--out " + claim.folder.string(), "a folder that can be written", error.code().message());
}

}  // namespace jest::apps::train

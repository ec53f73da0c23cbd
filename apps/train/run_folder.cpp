#include "train/run_folder.hpp"

#include <unistd.h>

#include <algorithm>

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
  constexpr auto kSkip = fs::directory_options::skip_permission_denied;  // lost+found is root's
  for (const auto& entry : fs::recursive_directory_iterator(folder, kSkip)) {
    if (entry.is_regular_file() && is_leftover(entry.path())) leftovers.push_back(entry.path());
  }
  for (const fs::path& leftover : leftovers) fs::remove(leftover);
}

/// What volumes, desktops and version control leave in a folder that is empty to its user.
bool counts_as_nothing(const fs::path& path) {
  const std::string name = path.filename().string();
  return is_leftover(path) || name == "lost+found" || name == ".DS_Store" || name == ".gitkeep";
}

void expect_empty(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (counts_as_nothing(entry.path())) continue;
    refuse("--out " + folder.string(), "an empty folder or one of an earlier run",
           "a folder that holds ", entry.path().filename().string());
  }
}

/// Of a process that was killed while it wrote run.json.
void remove_begun_claims(const fs::path& folder) {
  std::vector<fs::path> begun;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with("run.json.tmp-")) begun.push_back(entry);
  }
  for (const fs::path& claim : begun) fs::remove(claim);
}

void claim_locked(const FolderClaim& claim) {
  const fs::path record = claim.folder / "run.json";
  if (!fs::exists(record)) {
    expect_empty(claim.folder);
    remove_begun_claims(claim.folder);
    write_file(record, claim.identity.dump(1) + "\n");
    return;
  }
  if (!claim.resume) {
    refuse("--out " + claim.folder.string(), "an empty folder, or --resume",
           "the folder of an earlier run");
  }
  const Json before = parse_json<Json>(read_file(record), "read " + record.string());
  expect_same(claim.folder, before.is_object() ? before : Json::object(), claim.identity);
  remove_leftovers(claim.folder);
}

/// What pathconf says of the file system that would hold a folder.
std::size_t limit_of(const fs::path& folder, int of_what, std::size_t usual) {
  std::error_code unknown;
  fs::path existing = fs::absolute(folder);
  while (!fs::exists(existing, unknown) && existing.has_relative_path()) {
    existing = existing.parent_path();
  }
  const long limit = ::pathconf(existing.c_str(), of_what);
  return limit > 0 ? static_cast<std::size_t>(limit) : usual;
}

}  // namespace

void check_folder_names(const fs::path& folder, const std::vector<std::string>& runs) {
  constexpr std::size_t kBelowARun = 128;  // checkpoints/step-N.tmp-PID/tensors.safetensors.tmp-PID
  const std::size_t most = limit_of(folder, _PC_NAME_MAX, 255);
  std::size_t longest = 0;
  for (const fs::path& part : folder) {
    if (part.native().size() <= most) continue;
    refuse("--out", text("names of at most ", most, " bytes"), "one of ", part.native().size());
  }
  for (const std::string& run : runs) {
    longest = std::max(longest, run.size());
    if (run.size() <= most) continue;
    refuse("--arms " + run.substr(0, 32) + "...",
           text("a folder ARM-seedN of at most ", most, " bytes"), "one of ", run.size());
  }
  const std::size_t longest_path = folder.native().size() + longest + kBelowARun;
  const std::size_t most_of_paths = limit_of(folder, _PC_PATH_MAX, 4096);
  if (longest_path < most_of_paths) return;
  refuse("--out", text("paths of its files below ", most_of_paths, " bytes"), longest_path);
}

FolderLock claim_folder(const FolderClaim& claim) try {
  fs::create_directories(claim.folder);
  FolderLock lock(claim.folder);
  claim_locked(claim);
  return lock;
} catch (const fs::filesystem_error& error) {
  refuse("--out " + claim.folder.string(), "a folder that can be written", error.code().message());
}

}  // namespace jest::apps::train

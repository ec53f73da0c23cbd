#include "train/run_folder.hpp"

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest {
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
}

}  // namespace

void claim_folder(const FolderClaim& claim) try {
  const fs::path record = claim.folder / "run.json";
  fs::create_directories(claim.folder);
  if (fs::is_empty(claim.folder)) {
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
  expect_same(claim.folder, Json::parse(read_file(record)), claim.identity);
} catch (const fs::filesystem_error& error) {
  refuse("--out " + claim.folder.string(), "a folder that can be written", error.code().message());
} catch (const Json::exception&) {
  refuse("--out " + claim.folder.string(), "a valid run.json", "a damaged one");
}

}  // namespace jest

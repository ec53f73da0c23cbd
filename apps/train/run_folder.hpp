#pragma once
// The folder of an experiment: claimed by one set of options, gone on with only under --resume.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "train/folder_lock.hpp"

namespace jest::apps::train {

struct FolderClaim {
  std::filesystem::path folder;
  nlohmann::ordered_json identity;  ///< of options and data
  bool resume = false;
};

/// Throws unless the file system can hold the names of the folder and of those of its runs.
void check_folder_names(const std::filesystem::path& folder, const std::vector<std::string>& runs);

/// Creates the folder and writes its run.json, or checks that it belongs to the same experiment;
/// the folder is this program's as long as what is returned lives. Throws when it holds anything
/// else, or holds this experiment and `resume` is off, or another run is writing to it.
FolderLock claim_folder(const FolderClaim& claim);

}  // namespace jest::apps::train

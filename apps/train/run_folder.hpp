#pragma once
// The folder of an experiment: claimed by one set of options, gone on with only under --resume.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "train/folder_lock.hpp"

namespace jest::apps::train {

struct FolderClaim {
  std::filesystem::path folder;
  nlohmann::ordered_json identity;  ///< of options and data
  bool resume = false;
};

/// Creates the folder and writes its run.json, or checks that it belongs to the same experiment;
/// the folder is this program's as long as what is returned lives. Throws when it holds anything
/// else, or holds this experiment and `resume` is off, or another run is writing to it.
FolderLock claim_folder(const FolderClaim& claim);

}  // namespace jest::apps::train

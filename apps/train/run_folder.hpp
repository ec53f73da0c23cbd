#pragma once
// The folder of an experiment: claimed by one set of options, gone on with only under --resume.

#include <filesystem>
#include <nlohmann/json.hpp>

namespace jest {

struct FolderClaim {
  std::filesystem::path folder;
  nlohmann::ordered_json identity;  ///< of options and data
  bool resume = false;
};

/// Creates the folder and writes its run.json, or checks that it belongs to the same experiment.
/// Throws when it holds anything else, or holds this experiment and `resume` is off.
void claim_folder(const FolderClaim& claim);

}  // namespace jest

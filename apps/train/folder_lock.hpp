#pragma once
// One program at a time writes to the folder of an experiment.

#include <filesystem>
#include <utility>

namespace jest::apps::train {

/// Holds a folder until it is destroyed or the program ends, however it ends: the system lets go
/// (flock). On file systems that know no locks it holds nothing.
class [[nodiscard]] FolderLock {
 public:
  /// Throws where another program, or another FolderLock, holds the folder.
  explicit FolderLock(const std::filesystem::path& folder);
  FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  int descriptor_;
};

}  // namespace jest::apps::train

#pragma once
// A place for what is needed only while a program runs.

#include <filesystem>

namespace jest::studies {

/// A new folder that is removed, with all it holds, when the object goes, and when SIGINT, SIGTERM
/// or SIGHUP ends the program.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace jest::studies

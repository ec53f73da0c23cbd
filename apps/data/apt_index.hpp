#pragma once
// Gets apt's translation indexes into a private folder, with the system's own lists untouched and
// no need of root.

#include <filesystem>
#include <string>
#include <vector>

namespace jest {

/// A new folder that is removed, with all it holds, when the object goes.
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

struct AptIndex {
  std::string language;
  std::filesystem::path path;  // plain text, not compressed
  std::string release_date;    // of the InRelease or Release file it came with; may be empty
};

/// The languages to ask apt for, besides English.
using Languages = std::vector<std::string>;

/// The configuration that fetches translations, and nothing else, into `folder`/lists.
std::string apt_configuration(const std::filesystem::path& folder, const Languages& languages);

/// The translation indexes in a folder of apt's lists, sorted by file name.
std::vector<AptIndex> find_indexes(const std::filesystem::path& lists);

/// Runs `apt-get update` for `languages` in `folder`. A third-party source may fail, as long as
/// English and the other languages arrive. Throws jest::Error when they do not.
std::vector<AptIndex> fetch_indexes(const std::filesystem::path& folder,
                                    const Languages& languages);

}  // namespace jest

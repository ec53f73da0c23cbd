#pragma once
// A file of arrays in a format that others write: safetensors, NumPy's .npy of one array, or, where
// the build has Arrow (JEST_PARQUET), the columns of a Parquet file.

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "io/file_bytes.hpp"
#include "jest/io/safetensors.hpp"

namespace jest::apps::cached {

/// What the file is, is told by its first bytes. Views stay valid while any copy lives. Throws as
/// SafetensorsFile does.
class ArrayFile {
 public:
  /// `copied_soon`: .npy is mapped, not read.
  explicit ArrayFile(const std::filesystem::path& path, bool copied_soon = false);

  const std::filesystem::path& path() const { return path_; }
  const Metadata& metadata() const { return metadata_; }
  bool is_npy() const { return npy_.has_value(); }
  /// The array of that name, or the one of .npy, which has none; nullptr where there is none.
  const ArrayView* find(const std::string& name) const;
  /// The same; throws and says which arrays there are.
  const ArrayView& array(const std::string& name) const;

  /// Throws when the file is mapped and was written to since.
  void expect_unchanged() const;

 private:
  std::filesystem::path path_;
  std::optional<SafetensorsFile> safetensors_;
  std::optional<FileContent> npy_;
  std::shared_ptr<const void> parquet_;  ///< what keeps its columns
  Metadata metadata_;
  std::map<std::string, ArrayView> arrays_;
};

}  // namespace jest::apps::cached

#pragma once
// Reading and writing safetensors: named arrays in one file.
//
// Layout: 8 bytes little-endian header length, a JSON header, the raw data. Every header field is
// checked against the file before anything is used.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace jest {

/// An array by its safetensors dtype name ("F32", "I64", ...), shape and bytes, not owned.
struct ArrayView {
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;

  std::int64_t elements() const;
};

/// "F32 [3, 4]", for messages.
std::string describe(const ArrayView& array);

using Metadata = std::map<std::string, std::string>;

struct NamedArray {
  std::string name;
  ArrayView array;
};

/// A file that was read, or mapped where it is larger than a quarter of the machine's memory (or
/// than JEST_MAP_ABOVE bytes, where the environment says so). What befalls a file that was read
/// does not matter; one that is mapped must stay as it is, and expect_unchanged() looks whether it
/// does: readers of rows call it for every batch. Views stay valid while any copy of this object
/// lives. Throws jest::Error that names the file and the defect when it is truncated, malformed,
/// not safetensors, or not what the checksum says that with_checksum left in its metadata.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  const Metadata& metadata() const { return metadata_; }
  const std::map<std::string, ArrayView>& arrays() const { return arrays_; }
  bool has(const std::string& name) const { return arrays_.contains(name); }

  /// Throws when the file is mapped and was written to since.
  void expect_unchanged() const;

  /// Throws unless the array exists with this dtype and number of dimensions.
  const ArrayView& array(const std::string& name, const std::string& dtype, int dimensions) const;

  /// A 0-d (or one-element) F32 or F64 array.
  double scalar(const std::string& name) const;

  /// The elements of an F32 or I64 array: in place where aligned, else a copy this object keeps.
  std::span<const float> floats(const std::string& name, int dimensions);
  std::span<const std::int64_t> integers(const std::string& name, int dimensions);

 private:
  template <class Element>
  std::span<const Element> elements(const ArrayView& array);

  std::filesystem::path path_;
  std::shared_ptr<const std::byte> content_;
  std::shared_ptr<const class ReadFile> mapped_;  ///< where it is
  Metadata metadata_;
  std::map<std::string, ArrayView> arrays_;
  std::vector<std::shared_ptr<std::byte[]>> copies_;
};

/// Writes atomically; the data starts 8-byte aligned, arrays lie in the order given. Throws on
/// equal names, and on names and metadata that are not UTF-8.
void write_safetensors(const std::filesystem::path& path, const std::vector<NamedArray>& arrays,
                       const Metadata& metadata);

/// CRC-32 (zlib's) of the arrays' bytes in order, as eight hexadecimal digits.
std::string checksum(std::span<const ArrayView> arrays);

inline constexpr const char* kChecksumKey = "jest_crc32";

/// `metadata` with what SafetensorsFile checks on reading: under kChecksumKey the CRC-32 of all
/// else that a file of these arrays says (docs/formats.md).
Metadata with_checksum(Metadata metadata, std::vector<NamedArray> arrays);

}  // namespace jest

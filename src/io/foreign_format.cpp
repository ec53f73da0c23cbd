// Signatures of formats and encodings that are handed over by mistake.

#include "foreign_format.hpp"

#include <algorithm>

namespace jest {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::string_view bytes;
  std::string_view meaning;
  std::size_t offset = 0;
};

/// Longer ones first where one begins another.
constexpr Signature kSignatures[] = {
    {"\xFF\xFE\0\0"sv, "UTF-32 text (convert it: iconv -f UTF-32 -t UTF-8)"},
    {"\0\0\xFE\xFF"sv, "UTF-32 text (convert it: iconv -f UTF-32 -t UTF-8)"},
    {"\xFF\xFE"sv, "UTF-16 text, little-endian (convert it: iconv -f UTF-16 -t UTF-8)"},
    {"\xFE\xFF"sv, "UTF-16 text, big-endian (convert it: iconv -f UTF-16 -t UTF-8)"},
    {"\x1F\x8B"sv, "gzip (unpack it: gunzip)"},
    {"\xFD"
     "7zXZ\0"sv,
     "xz (unpack it: unxz)"},
    {"\x28\xB5\x2F\xFD"sv, "Zstandard (unpack it: unzstd)"},
    {"BZh"sv, "bzip2 (unpack it: bunzip2)"},
    {"\x04\x22\x4D\x18"sv, "LZ4 (unpack it: unlz4)"},
    {"7z\xBC\xAF\x27\x1C"sv, "a 7-Zip archive (unpack it: 7z x)"},
    {"PK\x03\x04"sv, "a ZIP archive, as .npz, .pt and .xlsx are (unpack or convert it)"},
    {"ustar"sv, "a tar archive (unpack it: tar -x)", 257},
    {"\x93NUMPY"sv, "NumPy's .npy (convert it: safetensors.numpy.save_file)"},
    {"PAR1"sv, "Parquet (convert it, for instance with pandas)"},
    {"ARROW1"sv, "Arrow (convert it, for instance with pandas)"},
    {"\x89HDF\r\n"sv, "HDF5 (convert it, for instance with h5py)"},
    {"SQLite format 3"sv, "an SQLite database (export its table)"},
    {"\x88\xD8\x34\x01"sv, "tokens of llm.c, 16 bits (convert them: safetensors.numpy.save_file)"},
    {"\xA1\xD9\x34\x01"sv, "tokens of llm.c, 32 bits (convert them: safetensors.numpy.save_file)"},
    {"version https://git-lfs"sv, "a pointer of Git LFS (fetch the file: git lfs pull)"},
};

/// Of folded text.
constexpr Signature kTexts[] = {
    {"<!doctypehtml"sv, "an HTML page (fetch the file itself)"},
    {"<html"sv, "an HTML page (fetch the file itself)"},
    {"<?xml"sv, "XML (convert it)"},
    {"{\""sv, "JSON (convert it)"},
    {"[{"sv, "JSON (convert it)"},
    {"[\""sv, "JSON (convert it)"},
};

bool has(std::string_view beginning, const Signature& signature) {
  return beginning.size() >= signature.offset &&
         beginning.substr(signature.offset).starts_with(signature.bytes);
}

bool printable(char c) { return (c >= ' ' && c != 0x7F) || c == '\t'; }

/// ASCII of two bytes a letter, without a byte order mark: 0 for little-endian, 1 for big-endian
/// where letters are, else 2.
std::size_t letters_of_utf16(std::string_view text) {
  if (text.size() < 8) return 2;
  for (const std::size_t letters : {0, 1}) {
    bool fits = true;
    for (std::size_t k = 0; k < 8; ++k) {
      fits = fits && (k % 2 == letters ? printable(text[k]) && text[k] > 0 : text[k] == 0);
    }
    if (fits) return letters;
  }
  return 2;
}

/// Without white space, in lower case.
std::string folded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view(" \t\r\n").find(c) != std::string_view::npos) continue;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

/// Whether the first line ends with a CR that no LF follows.
bool ends_lines_with_cr(std::string_view text) {
  const std::size_t end = text.find_first_of("\r\n");
  if (end == text.npos || end == 0 || end + 1 >= text.size() || text[end] != '\r') return false;
  return std::ranges::all_of(text.substr(0, end), printable) && printable(text[end + 1]);
}

}  // namespace

std::string foreign_format(std::string_view beginning) {
  for (const Signature& signature : kSignatures) {
    if (has(beginning, signature)) return std::string(signature.meaning);
  }
  switch (letters_of_utf16(beginning)) {
    case 0:
      return "UTF-16 text, little-endian (convert it: iconv -f UTF-16LE -t UTF-8)";
    case 1:
      return "UTF-16 text, big-endian (convert it: iconv -f UTF-16BE -t UTF-8)";
  }
  if (ends_lines_with_cr(beginning)) return "lines that end with CR (convert it: tr '\\r' '\\n')";
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const bool marked = beginning.starts_with(kByteOrderMark);
  const std::string text = folded(beginning.substr(marked ? kByteOrderMark.size() : 0, 256));
  for (const Signature& signature : kTexts) {
    if (has(text, signature)) return std::string(signature.meaning);
  }
  return "";
}

}  // namespace jest

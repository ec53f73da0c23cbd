// Reads and writes the header of .npy: a Python dict of three known keys, in the order NumPy has.

#include "npy_header.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <regex>
#include <string_view>

#include "dtypes.hpp"
#include "jest/core/error.hpp"

namespace jest {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "\x93NUMPY"sv;
constexpr std::size_t kPreamble = 8;  ///< magic and version
constexpr std::size_t kLongestHeader = 4096;

struct Dtype {
  std::string_view descr;
  const char* name;
};
constexpr Dtype kDtypes[] = {
    {"'<f2'", "F16"}, {"'<f4'", "F32"},  {"'<f8'", "F64"},  {"'<i2'", "I16"},  {"'<i4'", "I32"},
    {"'<i8'", "I64"}, {"'<u2'", "U16"},  {"'<u4'", "U32"},  {"'<u8'", "U64"},  {"'|u1'", "U8"},
    {"'|i1'", "I8"},  {"'|b1'", "BOOL"}, {"'<V2'", "BF16"}, {"'|V2'", "BF16"}, {"'|S32'", "U8"}};
/// Identifiers: two words of 64 bits, or 32 hexadecimal digits.
constexpr std::string_view kTwoWords = "[('f0', '<u8'), ('f1', '<u8')]";
constexpr std::string_view kDigits = "'|S32'";

const std::regex& dict() {
  static const std::regex kDict(
      R"(\{'descr': *('[^']*'|\[.*\]), *'fortran_order': *(True|False), *'shape': *)"
      R"(\(([0-9, ]*)\),? *\}[ \n]*)");
  return kDict;
}

std::vector<std::int64_t> numbers_in(const std::string& list) {
  std::vector<std::int64_t> numbers;
  const char* end = list.data() + list.size();
  for (const char* at = list.data(); at < end;) {
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(at, end, number);
    if (error != std::errc()) throw Error(text("a shape of (", list, ")"));
    numbers.push_back(number);
    at = std::find_if(stop, end, [](char c) { return c >= '0' && c <= '9'; });
    if (std::count(stop, at, ',') != 1 && at != end) throw Error(text("a shape of (", list, ")"));
  }
  return numbers;
}

/// Where the header begins and ends.
std::pair<std::size_t, std::size_t> header_of(std::span<const std::byte> file) {
  const auto major = file.size() > 6 ? std::to_integer<int>(file[6]) : 0;
  const std::size_t width = major == 1 ? 2 : 4;
  if (major < 1 || major > 3) throw Error(text("version ", major));
  if (file.size() < kPreamble + width) throw Error("a truncated header");
  std::uint32_t length = 0;
  std::memcpy(&length, file.data() + kPreamble, width);
  const std::size_t begin = kPreamble + width;
  if (length > file.size() - begin) throw Error("a truncated header");
  if (length > kLongestHeader) throw Error(text("a header of ", length, " bytes"));
  return {begin, begin + length};
}

std::int64_t elements_of(const std::vector<std::int64_t>& shape) {
  std::int64_t elements = 1;
  for (const std::int64_t extent : shape) {
    if (__builtin_mul_overflow(elements, extent, &elements))
      throw Error("an overflow in its shape");
  }
  return elements;
}

ArrayView array_of(std::span<const std::byte> file) {
  const auto [begin, end] = header_of(file);
  const std::string header(reinterpret_cast<const char*>(file.data()) + begin, end - begin);
  std::smatch found;
  if (!std::regex_match(header, found, dict())) throw Error("a header that NumPy does not write");
  const std::string descr = found[1];
  ArrayView array{.dtype = "U64", .shape = numbers_in(found[3]), .bytes = file.subspan(end)};
  if (descr == kTwoWords || descr == kDigits) {
    array.shape.push_back(descr == kDigits ? 32 : 2);
  }
  if (descr != kTwoWords) {
    const auto* dtype = std::ranges::find(kDtypes, std::string_view(descr), &Dtype::descr);
    if (dtype == std::end(kDtypes)) throw Error(text("the dtype ", descr.substr(0, 60)));
    array.dtype = dtype->name;
  }
  if (found[2] == "True" && array.shape.size() > 1) {
    throw Error("the order of Fortran (save it with numpy.ascontiguousarray)");
  }
  const std::int64_t elements = elements_of(array.shape);
  const std::uint64_t bytes = dtype_bytes(array.dtype, static_cast<std::uint64_t>(elements));
  if (bytes != array.bytes.size()) {
    throw Error(text(describe(array), ", which takes ", bytes, " bytes, and ", array.bytes.size(),
                     " bytes"));
  }
  return array;
}

}  // namespace

bool is_npy(std::span<const std::byte> file) {
  return file.size() >= kMagic.size() &&
         std::memcmp(file.data(), kMagic.data(), kMagic.size()) == 0;
}

ArrayView read_npy_header(std::span<const std::byte> file, const std::string& source) {
  try {
    return array_of(file);
  } catch (const Error& error) {
    refuse("read " + source, "an array of numbers that NumPy's .npy can hold", error.what());
  }
}

std::string npy_bytes(const std::string& descr, const std::vector<std::int64_t>& shape,
                      std::span<const std::byte> content) {
  constexpr std::size_t kAlignment = 64;
  std::string header = "{'descr': " + descr + ", 'fortran_order': False, 'shape': (";
  for (const std::int64_t extent : shape) header += text(extent, shape.size() == 1 ? "," : ", ");
  if (shape.size() > 1) header.resize(header.size() - 2);
  header += "), }";
  const std::size_t used = kPreamble + 2 + header.size() + 1;
  header.append((kAlignment - used % kAlignment) % kAlignment, ' ');
  header += '\n';
  std::string file(kMagic);
  file += '\x01';
  file += '\0';
  file += static_cast<char>(header.size() % 256);
  file += static_cast<char>(header.size() / 256);
  file += header;
  file.append(reinterpret_cast<const char*>(content.data()), content.size());
  return file;
}

}  // namespace jest

// Checks everything that a safetensors header says against the bytes behind it.

#include "safetensors_header.hpp"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "dtypes.hpp"
#include "foreign_format.hpp"
#include "jest/core/error.hpp"

namespace jest {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kLargestHeader = 100'000'000;
constexpr std::size_t kLongestMessage = 200;  // a parser shows the token it stopped at, whole

/// For a message: one line, and no descent into what a file nests without end.
std::string shown(const Json& value) {
  return value.is_structured() ? value.type_name() : value.dump().substr(0, 60);
}

/// Refuses while parsing what nlohmann lets pass: names and fields twice, nesting without end.
class KeyCheck {
 public:
  void operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    constexpr int kDeepest = 127;  // as the package of Python has it
    if (event == Json::parse_event_t::key) add(depth, parsed.get_ref<const std::string&>());
    if (depth < kDeepest) return;
    if (event == Json::parse_event_t::array_start || event == Json::parse_event_t::object_start) {
      throw Error(text("more than ", kDeepest, " levels of nesting under ", field_));
    }
  }

 private:
  void add(int depth, const std::string& key) {
    if (depth == 1) {
      if (!names_.insert(key).second) throw Error("the name " + key.substr(0, 60) + " twice");
      name_ = key;
      fields_.clear();
    }
    if (depth != 2) return;
    field_ = key.substr(0, 60);
    const bool known = key == "dtype" || key == "shape" || key == "data_offsets";
    if (known && name_ != "__metadata__" && !fields_.insert(key).second) {
      throw Error(text(field_, " of ", name_.substr(0, 60), " twice"));
    }
  }

  std::set<std::string> names_;
  std::set<std::string> fields_;  ///< of name_
  std::string name_;
  std::string field_;
};

Json parse(std::string_view header) {
  const std::size_t nul = header.find('\0');
  if (nul != header.npos) throw Error(text("a header with a NUL byte at ", nul));
  const std::size_t first = header.find_first_not_of(" \t\r\n");
  if (first == header.npos || header[first] != '{') {
    throw Error("a header that is no JSON object: it does not begin with {");
  }
  KeyCheck check;
  return Json::parse(header, [&check](int depth, Json::parse_event_t event, Json& parsed) {
    check(depth, event, parsed);
    return true;
  });
}

/// A JSON number that counts something. nlohmann would convert 6.5, true and -1 without a word.
std::uint64_t count_of(const Json& number, const char* key) {
  if (!number.is_number_unsigned() || number.get<std::uint64_t>() > INT64_MAX) {
    throw Error(text(key, " with ", shown(number), ", which counts nothing"));
  }
  return number.get<std::uint64_t>();
}

const Json& list_of(const Json& entry, const char* key) {
  const Json& list = entry.at(key);
  if (!list.is_array()) throw Error(text("no list under ", key, ": ", shown(list)));
  return list;
}

std::vector<std::int64_t> shape_of(const std::string& name, const Json& entry) {
  std::vector<std::int64_t> shape;
  std::uint64_t elements = 1;
  for (const Json& extent : list_of(entry, "shape")) {
    const std::uint64_t size = count_of(extent, "a shape");
    if (size > 0 && elements > INT64_MAX / size) throw Error("a shape that overflows: " + name);
    elements *= size;
    shape.push_back(static_cast<std::int64_t>(size));
  }
  return shape;
}

/// The bytes that `entry` describes, checked against the data section.
ArrayView read_entry(const std::string& name, const Json& entry, std::span<const std::byte> data) {
  if (!entry.is_object()) throw Error(text("no object under ", name, ": ", shown(entry)));
  ArrayView array;
  array.dtype = entry.at("dtype").get<std::string>();
  array.shape = shape_of(name, entry);
  const std::uint64_t bytes =
      dtype_bytes(array.dtype, static_cast<std::uint64_t>(array.elements()));
  const Json& offsets = list_of(entry, "data_offsets");
  const std::uint64_t begin = count_of(offsets.at(0), "data_offsets");
  const std::uint64_t end = count_of(offsets.at(1), "data_offsets");
  if (offsets.size() != 2 || begin > end || end > data.size()) {
    throw Error(text("data_offsets [", begin, ", ", end, "] of ", name, " in ", data.size(),
                     " bytes of data"));
  }
  if (end - begin != bytes) {
    throw Error(text(end - begin, " bytes for ", name, ", whose shape needs ", bytes));
  }
  array.bytes = data.subspan(begin, bytes);
  return array;
}

/// Arrays lie one behind the other, from the first byte of the data to the last.
void check_coverage(const std::map<std::string, ArrayView>& arrays,
                    std::span<const std::byte> data) {
  struct Extent {
    std::size_t begin, end;
    std::string name;
    auto operator<=>(const Extent&) const = default;
  };
  std::vector<Extent> extents;
  for (const auto& [name, array] : arrays) {
    const auto begin = static_cast<std::size_t>(array.bytes.data() - data.data());
    extents.push_back({begin, begin + array.bytes.size(), name});
  }
  std::sort(extents.begin(), extents.end());
  std::size_t end = 0;
  std::string before;
  for (const Extent& extent : extents) {
    if (extent.begin < end) {
      throw Error(text("arrays that overlap: ", extent.name, " begins at byte ", extent.begin,
                       " of the data, ", before, " ends at ", end));
    }
    if (extent.begin > end) {
      throw Error(text("a hole: bytes ", end, " to ", extent.begin, " of the data, before ",
                       extent.name, ", that no array covers"));
    }
    end = extent.end;
    before = extent.name;
  }
  if (end < data.size()) {
    throw Error(text(data.size() - end, " bytes behind the last array, which no array covers"));
  }
}

SafetensorsHeader read(std::string_view text_of_header, std::span<const std::byte> data) {
  SafetensorsHeader header;
  const Json json = parse(text_of_header);
  for (const auto& [name, entry] : json.items()) {
    if (name != "__metadata__") {
      header.arrays[name] = read_entry(name, entry, data);
    } else if (!entry.is_null()) {
      header.metadata = entry.get<Metadata>();
    }
  }
  check_coverage(header.arrays, data);
  return header;
}

/// Without a part of a character at its end.
std::string shortened(std::string message) {
  if (message.size() <= kLongestMessage) return message;
  std::size_t end = kLongestMessage;
  while (end > 0 && (message[end] & 0xC0) == 0x80) --end;
  return message.substr(0, end) + "...";
}

}  // namespace

SafetensorsHeader read_safetensors_header(std::span<const std::byte> file,
                                          const std::string& source) {
  std::uint64_t size = 0;
  if (file.size() < sizeof size) {
    refuse("read " + source, "a safetensors file of at least 8 bytes", file.size(), " bytes");
  }
  std::memcpy(&size, file.data(), sizeof size);
  if (size > std::min<std::uint64_t>(file.size() - sizeof size, kLargestHeader)) {
    const std::string_view all(reinterpret_cast<const char*>(file.data()), file.size());
    const std::string format = foreign_format(all.substr(0, 512));
    if (!format.empty()) refuse("read " + source, "a safetensors file", format);
    const bool raw = source.ends_with(".bin");  // nanoGPT's tokens, say, which nothing precedes
    refuse("read " + source, text("a header within the file's ", file.size(), " bytes"),
           text("a header length of ", size, ": truncated, or not safetensors",
                raw ? " but raw numbers (convert them: safetensors.numpy.save_file)" : ""));
  }
  const std::span<const std::byte> header = file.subspan(sizeof size, size);
  try {
    return read({reinterpret_cast<const char*>(header.data()), header.size()},
                file.subspan(sizeof size + size));
  } catch (const Json::exception& error) {
    refuse("read " + source, "a valid safetensors header", shortened(error.what()));
  } catch (const Error& error) {
    refuse("read " + source, "a consistent safetensors header", shortened(error.what()));
  }
}

}  // namespace jest

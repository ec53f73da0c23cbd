// The file of an index: safetensors with `parts` I64 [samples, 3, 2], offset and size of picture,
// text and JSON, and `names` U8: of each sample its key, NUL, why its picture does not decode, NUL.

#include <charconv>

#include "jest/core/error.hpp"
#include "jest/io/safetensors.hpp"
#include "shards/shard_index.hpp"

namespace jest {
namespace {

constexpr const char* kFormat = "jest shard index 1";

struct IndexReader {
  SafetensorsFile file;
  std::string operation;

  explicit IndexReader(const std::filesystem::path& path)
      : file(path), operation("read " + path.string()) {}

  const std::string& word(const std::string& key) const {
    static const std::string kNone;
    const auto found = file.metadata().find(key);
    return found == file.metadata().end() ? kNone : found->second;
  }

  std::int64_t number(const std::string& key) const {
    const std::string& digits = word(key);
    std::int64_t value = 0;
    const auto end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    if (error != std::errc() || stop != end) refuse(operation, "a number " + key, digits);
    return value;
  }

  ShardPart part(std::span<const std::int64_t> numbers, std::int64_t bytes) const {
    const ShardPart part{numbers[0], numbers[1]};
    const bool fits = part.size == -1 || (part.offset >= 0 && part.size >= 0 &&
                                          part.offset <= bytes && part.size <= bytes - part.offset);
    if (!fits) refuse(operation, "parts inside the shard", part.size, " bytes at ", part.offset);
    return part;
  }
};

/// What stands before the next NUL; `names` goes on behind it.
std::string next_name(std::string_view& names, const std::string& operation) {
  const std::size_t end = names.find('\0');
  if (end == names.npos) refuse(operation, "two names a sample", "fewer");
  const std::string name(names.substr(0, end));
  names.remove_prefix(end + 1);
  return name;
}

}  // namespace

void write_index(const std::filesystem::path& path, const ShardIndex& index) {
  std::vector<std::int64_t> parts;
  std::string names;
  for (const ShardSample& sample : index.samples) {
    for (const ShardPart& part : {sample.picture, sample.text, sample.json}) {
      parts.insert(parts.end(), {part.offset, part.size});
    }
    names.append(sample.key.c_str(), sample.key.size() + 1);
    names.append(sample.fault.c_str(), sample.fault.size() + 1);
  }
  const auto samples = static_cast<std::int64_t>(index.samples.size());
  const std::vector<NamedArray> arrays = {
      {"parts", {"I64", {samples, 3, 2}, std::as_bytes(std::span(parts))}},
      {"names",
       {"U8", {static_cast<std::int64_t>(names.size())}, std::as_bytes(std::span(names))}}};
  const Metadata metadata = {{"format", kFormat},
                             {"shard_bytes", text(index.bytes)},
                             {"shard_seconds", text(index.seconds)},
                             {"shard_nanoseconds", text(index.nanoseconds)},
                             {"shard_crc32", index.checksum}};
  write_safetensors(path, arrays, with_checksum(metadata, arrays));
}

ShardIndex read_index(const std::filesystem::path& path) {
  IndexReader reader(path);
  if (reader.word("format") != kFormat) {
    refuse(reader.operation, text("format \"", kFormat, "\""), "'", reader.word("format"), "'");
  }
  ShardIndex index;
  const std::int64_t bytes = reader.number("shard_bytes");
  index.bytes = static_cast<std::uint64_t>(bytes);
  index.seconds = reader.number("shard_seconds");
  index.nanoseconds = reader.number("shard_nanoseconds");
  index.checksum = reader.word("shard_crc32");
  const std::vector<std::int64_t> shape = reader.file.array("parts", "I64", 3).shape;
  if (shape[1] != 3 || shape[2] != 2) {
    refuse(reader.operation, "parts [samples, 3, 2]",
           describe(reader.file.array("parts", "I64", 3)));
  }
  const std::span<const std::int64_t> parts = reader.file.integers("parts", 3);
  const ArrayView& array = reader.file.array("names", "U8", 1);
  std::string_view names(reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size());
  for (std::int64_t k = 0; k < shape[0]; ++k) {
    ShardSample sample{next_name(names, reader.operation)};
    sample.fault = next_name(names, reader.operation);
    const auto numbers = parts.subspan(6 * k, 6);
    sample.picture = reader.part(numbers.subspan(0, 2), bytes);
    sample.text = reader.part(numbers.subspan(2, 2), bytes);
    sample.json = reader.part(numbers.subspan(4, 2), bytes);
    index.samples.push_back(std::move(sample));
  }
  return index;
}

}  // namespace jest

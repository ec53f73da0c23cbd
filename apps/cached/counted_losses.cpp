#include "cached/counted_losses.hpp"

#include <charconv>

#include "jest/io/safetensors.hpp"

namespace jest::apps::cached {
namespace {

/// Shortest digits that read back as the same number.
std::string digits(double value) {
  char written[32];
  return {written, std::to_chars(written, written + sizeof written, value).ptr};
}

}  // namespace

void write_count_store(const std::filesystem::path& path, const CountStore& store) {
  const auto& values = store.counted.losses;
  const ArrayView losses{"F32", {std::ssize(values)}, std::as_bytes(std::span(values))};
  const ArrayView ids{"I64", {std::ssize(store.ids)}, std::as_bytes(store.ids)};
  const ArrayView summed[] = {losses, ids};
  const std::vector<NamedArray> arrays{{"losses", losses}, {"ids", ids}};
  write_safetensors(path, arrays,
                    with_checksum({{"fingerprint", store.fingerprint},
                                   {"rows", text(values.size())},
                                   {"checksum", checksum(summed)},
                                   {"flops", digits(store.counted.operations)},
                                   {"cpu_seconds", digits(store.cpu_seconds)}},
                                  arrays));
}

}  // namespace jest::apps::cached

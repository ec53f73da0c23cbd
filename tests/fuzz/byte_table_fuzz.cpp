// Sequences of bytes with ids and tags, and a batch of all of them.
#include "fuzz.hpp"
#include "safetensors_mutator.hpp"
#include "train/formats/byte_table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  static const fuzz::Folder folder;
  const auto path = folder.write("bytes.safetensors", fuzz::text_of(data, size));
  return fuzz::read_or_refuse([&] {
    const auto table = apps::train::read_bytes(path);
    const apps::train::ByteBatch batch({table, all_rows(*table)});
    batch.bytes();
    batch.prefix(1).bytes();
  });
}

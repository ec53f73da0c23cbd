// The index of a shard, written anew where it can be read.
#include "fuzz.hpp"
#include "safetensors_mutator.hpp"
#include "shards/shard_index.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  static const fuzz::Folder folder;
  const auto path = folder.write("a.tar.index", fuzz::text_of(data, size));
  return fuzz::read_or_refuse([&] {
    const ShardIndex index = read_index(path);
    write_index(folder.file("b.tar.index"), index);
    const ShardIndex again = read_index(folder.file("b.tar.index"));
    fuzz::expect(again.samples.size() == index.samples.size(), "the same samples");
    fuzz::expect(again.bytes == index.bytes && again.checksum == index.checksum, "the same shard");
  });
}

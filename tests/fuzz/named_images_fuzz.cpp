// Images with names beside them, and a batch of all of them.
#include "fuzz.hpp"
#include "safetensors_mutator.hpp"
#include "train/formats/named_images.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  static const fuzz::Folder folder;
  static const auto names = folder.write("names.txt", "one name\ntwo\n\nthree more words\n");
  const auto path = folder.write("images.safetensors", fuzz::text_of(data, size));
  return fuzz::read_or_refuse([&] {
    const auto table = apps::train::read_named_images(path);
    const apps::train::ImageBatch batch({table, all_rows(*table)});
    batch.images();
    batch.words();
  });
}

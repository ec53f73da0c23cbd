// Pairs of texts, tab-separated.
#include "fuzz.hpp"
#include "train/formats/pair_table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  static const fuzz::Folder folder;
  const auto path = folder.write("pairs.tsv", fuzz::text_of(data, size));
  return fuzz::read_or_refuse([&] {
    const auto table = apps::train::read_pairs(path);
    fuzz::expect(table.x.size() == table.ids.size() && table.y.size() == table.ids.size(),
                 "two texts for each id");
    for (const std::int32_t tag : table.tags) table.tag_names.at(static_cast<std::size_t>(tag));
  });
}

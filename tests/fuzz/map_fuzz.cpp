// The map of pools that a probe is placed on.
#include "fuzz.hpp"
#include "train/probe/map_place.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  static const fuzz::Folder folder;
  const auto path = folder.write("map.json", fuzz::text_of(data, size));
  return fuzz::read_or_refuse([&] {
    const auto map = apps::train::read_map(path);
    for (const auto& point : map) {
      apps::train::verdict_of(apps::train::best_near(map, point.useless, point.share));
    }
  });
}

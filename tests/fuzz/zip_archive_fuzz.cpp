// Entries of an archive: their bytes lie in it, all of them.
#include "fuzz.hpp"
#include "learner/zip_archive.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  const std::string_view archive = fuzz::text_of(data, size);
  return fuzz::read_or_refuse([&] {
    for (const ZipEntry& entry : zip_entries(archive, "open")) {
      const bool inside = entry.content.data() >= archive.data() &&
                          entry.content.size() <= archive.size() &&
                          entry.content.data() + entry.content.size() <= archive.data() + size;
      fuzz::expect(inside, "an entry inside its archive");
    }
  });
}

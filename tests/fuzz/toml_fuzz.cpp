// Configuration files.
#include "fuzz.hpp"
#include "toml_options.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  return fuzz::read_or_refuse([&] {
    for (const auto& section : apps::read_toml(fuzz::text_of(data, size), "run.toml")) {
      for (const auto& option : section.options) {
        for (const auto& value : option.values) apps::word_of(value);
      }
    }
  });
}

// The header of a safetensors file, without a file.
#include "fuzz.hpp"
#include "io/safetensors_header.hpp"
#include "safetensors_mutator.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  return fuzz::read_or_refuse([&] {
    const auto header =
        read_safetensors_header(std::as_bytes(std::span(data, size)), "some.safetensors");
    std::size_t covered = 0;
    for (const auto& [name, array] : header.arrays) {
      fuzz::expect(array.elements() >= 0, "a count of elements");
      covered += array.bytes.size();
    }
    fuzz::expect(covered + 8 <= size, "arrays that lie in the file");
    for (const auto& [name, array] : header.arrays) describe(array);
  });
}

// The header of NumPy's .npy, without a file; what it says is written as it is read.
#include "fuzz.hpp"
#include "io/npy_header.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  return fuzz::read_or_refuse([&] {
    const auto array = read_npy_header(std::as_bytes(std::span(data, size)), "some.npy");
    fuzz::expect(array.elements() >= 0, "a count of elements");
    fuzz::expect(array.bytes.size() < size, "an array that lies in the file");
    if (array.dtype != "F32") return;
    const std::string again = npy_bytes("'<f4'", array.shape, array.bytes);
    const auto read = read_npy_header(std::as_bytes(std::span(again)), "again.npy");
    fuzz::expect(read.shape == array.shape, "the same shape");
  });
}

// JPEG, PNG and WebP, to two sides and in both fits: the same bytes each time.
#include <vector>

#include "fuzz.hpp"
#include "jest/data/shards.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  const std::span file(reinterpret_cast<const std::byte*>(data), size);
  return fuzz::read_or_refuse([&] {
    for (const std::int64_t side : {5, 16}) {
      std::vector<std::uint8_t> out(3 * side * side, 1), again(out.size(), 2);
      decode_picture(file, {side, PictureFit::kCrop}, out);
      decode_picture(file, {side, PictureFit::kCrop}, again);
      fuzz::expect(out == again, "the same pixels");
      decode_picture(file, {side, PictureFit::kSquash}, out);
    }
  });
}

// Resizing by means over areas, in whole numbers.

#include <algorithm>
#include <vector>

#include "shards/pixels.hpp"

namespace jest {
namespace {

/// One direction of `length` source pixels and `side` results. In units of 1/(length · side) a
/// source pixel is `side` long and a result `length`; weights are how much of them lies together.
struct Overlap {
  std::int64_t first, end;  ///< source pixels that a result covers
  std::int64_t begin_weight, end_weight, inner;

  Overlap(std::int64_t result, std::int64_t length, std::int64_t side) : inner(side) {
    const std::int64_t from = result * length, to = from + length;
    first = from / side;
    end = (to + side - 1) / side;
    begin_weight = std::min((first + 1) * side, to) - from;
    end_weight = to - std::max((end - 1) * side, from);
  }
  std::int64_t weight(std::int64_t pixel) const {
    return pixel == first ? begin_weight : pixel == end - 1 ? end_weight : inner;
  }
};

/// Adds up a row of pixels: sums [side, 3], each of weights that add up to `length`.
void sum_row(const std::uint8_t* row, const std::vector<Overlap>& columns,
             std::vector<std::uint64_t>& sums) {
  std::uint64_t* out = sums.data();
  for (const Overlap& column : columns) {
    std::uint64_t red = 0, green = 0, blue = 0;
    const std::uint8_t* pixel = row + 3 * (column.first + 1);
    for (std::int64_t x = column.first + 1; x < column.end - 1; ++x, pixel += 3) {
      red += pixel[0], green += pixel[1], blue += pixel[2];
    }
    red *= column.inner, green *= column.inner, blue *= column.inner;
    const auto add_end = [&](std::int64_t x) {
      const std::uint8_t* end = row + 3 * x;
      const auto weight = static_cast<std::uint64_t>(column.weight(x));
      red += weight * end[0], green += weight * end[1], blue += weight * end[2];
    };
    add_end(column.first);
    if (column.end - 1 > column.first) add_end(column.end - 1);
    out[0] = red, out[1] = green, out[2] = blue;
    out += 3;
  }
}

}  // namespace

void average_areas(const Pixels& pixels, const Region& region, std::int64_t side,
                   std::span<std::uint8_t> out) {
  std::vector<Overlap> columns;
  for (std::int64_t x = 0; x < side; ++x) columns.emplace_back(x, region.width, side);
  std::vector<std::uint64_t> sums(3 * side), totals(3 * side);
  const auto area = static_cast<std::uint64_t>(region.width * region.height);
  for (std::int64_t y = 0; y < side; ++y) {
    const Overlap rows(y, region.height, side);
    std::ranges::fill(totals, 0);
    for (std::int64_t row = rows.first; row < rows.end; ++row) {
      sum_row(pixels.rgb.get() + 3 * ((region.y + row) * pixels.width + region.x), columns, sums);
      const auto weight = static_cast<std::uint64_t>(rows.weight(row));
      for (std::size_t k = 0; k < sums.size(); ++k) totals[k] += weight * sums[k];
    }
    for (std::int64_t x = 0; x < side; ++x) {
      for (std::int64_t c = 0; c < 3; ++c) {
        const std::uint64_t mean = (totals[3 * x + c] + area / 2) / area;
        out[(c * side + y) * side + x] = static_cast<std::uint8_t>(mean);
      }
    }
  }
}

}  // namespace jest

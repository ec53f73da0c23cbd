// Decoding and resizing, against what was drawn and against means by another formula.

#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>

#include "oracle/message_of.hpp"
#include "shards/made_up_shards.hpp"

namespace jest {
namespace {

using oracle::decoded;
using oracle::Drawing;
using ::testing::Each;
using ::testing::HasSubstr;

int some_colour(int x, int y, int c) { return (x * 37 + y * 91 + c * 53 + x * y) % 256; }

/// The mean over the area that a result covers, in floating point.
double area_mean(const Drawing& drawing, double x0, double x1, double y0, double y1, int c) {
  double sum = 0;
  for (int y = 0; y < drawing.height; ++y) {
    for (int x = 0; x < drawing.width; ++x) {
      const double width = std::min<double>(x + 1, x1) - std::max<double>(x, x0);
      const double height = std::min<double>(y + 1, y1) - std::max<double>(y, y0);
      if (width <= 0 || height <= 0) continue;
      sum += width * height * drawing.bytes[(y * drawing.width + x) * drawing.channels + c];
    }
  }
  return sum / ((x1 - x0) * (y1 - y0));
}

void expect_means(const Drawing& drawing, const PictureSpec& spec) {
  const auto out = decoded(oracle::png(drawing), spec);
  double x = 0, y = 0, width = drawing.width, height = drawing.height;
  if (spec.fit == PictureFit::kCrop) {
    const int side = std::min(drawing.width, drawing.height);
    x = (drawing.width - side) / 2, y = (drawing.height - side) / 2, width = height = side;
  }
  const auto side = static_cast<double>(spec.side);
  for (int c = 0; c < 3; ++c) {
    for (int j = 0; j < spec.side; ++j) {
      for (int i = 0; i < spec.side; ++i) {
        const double mean = area_mean(drawing, x + i * width / side, x + (i + 1) * width / side,
                                      y + j * height / side, y + (j + 1) * height / side, c);
        ASSERT_NEAR(out[(c * spec.side + j) * spec.side + i], mean, 0.5 + 1e-9)
            << "channel " << c << " at " << i << ", " << j;
      }
    }
  }
}

TEST(Picture, IsResizedToMeansOverAreas) {
  const Drawing drawing(23, 17, 3, some_colour);
  for (const std::int64_t side : {1, 5, 16, 17, 23, 40}) {
    expect_means(drawing, {.side = side, .fit = PictureFit::kCrop});
    expect_means(drawing, {.side = side, .fit = PictureFit::kSquash});
  }
}

TEST(Picture, OfItsOwnSideStaysAsItIs) {
  const Drawing drawing(8, 8, 3, some_colour);
  for (const std::string& file : {oracle::png(drawing), oracle::webp(drawing)}) {
    const auto out = decoded(file, {.side = 8});
    for (int c = 0; c < 3; ++c) {
      for (int k = 0; k < 64; ++k) ASSERT_EQ(out[c * 64 + k], drawing.bytes[k * 3 + c]);
    }
  }
}

TEST(Picture, OfGreyHasThreeEqualColours) {
  const Drawing drawing(8, 8, 1, some_colour);
  const auto out = decoded(oracle::png(drawing), {.side = 8});
  for (int k = 0; k < 192; ++k) ASSERT_EQ(out[k], drawing.bytes[k % 64]);
  const auto of_jpeg =
      decoded(oracle::jpeg({8, 8, 1, [](int, int, int) { return 90; }}), {.side = 8});
  EXPECT_THAT(of_jpeg, Each(90));
}

TEST(Picture, LiesOnWhiteWhereItIsTransparent) {
  const auto half = [](int, int, int c) { return c == 3 ? 128 : 40; };
  for (const std::string& file : {oracle::png({4, 4, 4, half}), oracle::webp({4, 4, 4, half})}) {
    EXPECT_THAT(decoded(file, {.side = 4}), Each((40 * 128 + 255 * 127 + 127) / 255));
  }
  const auto clear = [](int, int, int c) { return c == 1 ? 0 : 40; };
  EXPECT_THAT(decoded(oracle::png({4, 4, 2, clear}), {.side = 4}), Each(255));
}

TEST(Picture, OfJpegIsCloseToWhatWasDrawnAtEveryScale) {
  const auto slope = [](int x, int y, int c) { return c == 0 ? 2 * x : c == 1 ? 2 * y : 100; };
  const Drawing drawing(128, 128, 3, slope);
  const std::string file = oracle::jpeg(drawing);
  for (const std::int64_t side : {10, 16, 33, 64, 100, 128}) {
    const PictureSpec spec{.side = side};
    const auto out = decoded(file, spec), exact = decoded(oracle::png(drawing), spec);
    for (std::size_t k = 0; k < out.size(); ++k) ASSERT_NEAR(out[k], exact[k], 6) << side;
  }
}

TEST(Picture, OfFourInksIsSeenAsLight) {
  const auto light = [](int, int, int c) { return c == 3 ? 255 : 40 * (c + 1); };
  const auto out = decoded(oracle::jpeg({16, 16, 4, light}, 100), {.side = 4});
  for (int c = 0; c < 3; ++c) {
    for (int k = 0; k < 16; ++k) ASSERT_NEAR(out[c * 16 + k], 40 * (c + 1), 3);
  }
}

TEST(Picture, IsCroppedInTheMiddleOrSquashed) {
  const auto bars = [](int x, int, int) { return x < 4 || x >= 12 ? 0 : 200; };
  const std::string file = oracle::png({16, 8, 3, bars});
  EXPECT_THAT(decoded(file, {.side = 2, .fit = PictureFit::kCrop}), Each(200));
  EXPECT_THAT(decoded(file, {.side = 2, .fit = PictureFit::kSquash}), Each(100));
}

TEST(Picture, CutShortAnywhereIsRefused) {
  const Drawing drawing(40, 40, 3, some_colour);
  for (const std::string& file :
       {oracle::png(drawing), oracle::jpeg(drawing), oracle::webp(drawing)}) {
    for (std::size_t size = 0; size + 12 < file.size(); size += file.size() / 23 + 1) {
      const std::string line =
          oracle::message_of([&] { decoded(file.substr(0, size), {.side = 8}); });
      EXPECT_THAT(line, HasSubstr("decode a picture: expected ")) << size;
    }
  }
}

TEST(Picture, OfTooManyPixelsIsRefusedBeforeItIsDecoded) {
  std::string file = oracle::jpeg({8, 8, 3, some_colour});
  const std::size_t frame = file.find("\xFF\xC0");
  ASSERT_NE(frame, file.npos);
  for (const std::size_t k : {5, 6, 7, 8}) file[frame + k] = static_cast<char>(0xF0);
  EXPECT_THAT(oracle::message_of([&] { decoded(file, {.side = 8}); }),
              HasSubstr("expected 1 to 67108864 pixels, got 61680 x 61680"));
}

TEST(Picture, OfAnotherFormatIsNamed) {
  const auto said = [](const std::string& file) {
    return oracle::message_of([&] { decoded(file, {.side = 8}); });
  };
  EXPECT_THAT(said("GIF89a and more"), HasSubstr("JPEG, PNG or WebP, got GIF"));
  EXPECT_THAT(said("<!DOCTYPE html><html>"), HasSubstr("an HTML page"));
  EXPECT_THAT(said("no picture"), HasSubstr("something else"));
  EXPECT_THAT(said("RIFF?"), HasSubstr("something else"));
  EXPECT_THAT(said(""), HasSubstr("an empty file"));
}

}  // namespace
}  // namespace jest

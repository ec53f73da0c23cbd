#include "jest/io/safetensors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "jest/io/atomic_file.hpp"
#include "oracle/message_of.hpp"
#include "oracle/safetensors_bytes.hpp"

namespace jest {
namespace {

using oracle::bytes_of;
using oracle::file_of;
using oracle::message_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Safetensors : public oracle::SafetensorsTest {
 protected:
  const std::vector<float> floats_{1, 2, 3, 4, 5, 6};
  const std::vector<std::int64_t> ids_{7, -8, std::int64_t{1} << 60};
  const std::vector<double> scale_{1.0 / 3};
};

TEST_F(Safetensors, ReadsBackWhatWasWritten) {
  const auto path = folder_.file("some.safetensors");
  write_safetensors(path,
                    {{"x", {"F32", {3, 2}, bytes_of(floats_)}},
                     {"ids", {"I64", {3}, bytes_of(ids_)}},
                     {"scale", {"F64", {}, bytes_of(scale_)}},
                     {"none", {"F32", {0, 4}, {}}}},
                    {{"model", "guide \"1\"\n"}, {"step", "12"}});
  SafetensorsFile file(path);
  EXPECT_EQ(file.path(), path);
  EXPECT_EQ(file.arrays().size(), 4u);
  EXPECT_EQ(file.metadata(), (Metadata{{"model", "guide \"1\"\n"}, {"step", "12"}}));
  EXPECT_THAT(file.floats("x", 2), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(file.integers("ids", 1), ElementsAre(7, -8, std::int64_t{1} << 60));
  EXPECT_EQ(file.scalar("scale"), 1.0 / 3);
  EXPECT_EQ(file.floats("none", 2).size(), 0u);
  EXPECT_EQ(file.array("x", "F32", 2).shape, (std::vector<std::int64_t>{3, 2}));
  EXPECT_TRUE(file.has("x"));
  EXPECT_FALSE(file.has("y"));
}

/// A reader that showed it all in a message would run out of stack.
TEST_F(Safetensors, RefusesAHeaderThatNestsWithoutEnd) {
  constexpr std::int64_t kDeep = 200'000;
  const std::string list = std::string(kDeep, '[') + std::string(kDeep, ']');
  std::string object;
  for (std::int64_t k = 0; k < kDeep; ++k) object += R"({"a":)";
  object += "1" + std::string(kDeep, '}');
  for (const std::string& shape : {list, object}) {
    const std::string header =
        R"({"x":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":[0,0]}})";
    folder_.write("deep", file_of(header, ""));
    const std::string said = message_of([&] { SafetensorsFile file(folder_.file("deep")); });
    EXPECT_LT(said.size(), 300) << said.substr(0, 300);
    EXPECT_THAT(said, HasSubstr("shape"));
  }
}

TEST_F(Safetensors, WritesTheFormatOfTheField) {
  const auto path = folder_.file("some.safetensors");
  write_safetensors(path, {{"x", {"F32", {3, 2}, bytes_of(floats_)}}}, {});
  const std::string content = read_file(path);
  std::uint64_t header = 0;
  std::memcpy(&header, content.data(), 8);
  EXPECT_EQ((8 + header) % 8, 0u);
  EXPECT_EQ(content.size(), 8 + header + 24);
  EXPECT_THAT(content.substr(8, header),
              HasSubstr(R"({"x":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]}})"));
  EXPECT_EQ(content.substr(8 + header),
            std::string(reinterpret_cast<const char*>(floats_.data()), 24));
}

TEST_F(Safetensors, ReadsMisalignedData) {
  std::string data("\x05", 1);
  data.append(reinterpret_cast<const char*>(floats_.data()), 24);
  data.append(reinterpret_cast<const char*>(ids_.data()), 24);
  data.append(reinterpret_cast<const char*>(scale_.data()), 8);
  SafetensorsFile file = open(file_of(R"({"flag":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                      R"("x":{"dtype":"F32","shape":[2,3],"data_offsets":[1,25]},)"
                                      R"("i":{"dtype":"I64","shape":[3],"data_offsets":[25,49]},)"
                                      R"("s":{"dtype":"F64","shape":[],"data_offsets":[49,57]}})",
                                      data));
  EXPECT_THAT(file.floats("x", 2), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(file.integers("i", 1), ElementsAre(7, -8, std::int64_t{1} << 60));
  EXPECT_EQ(file.scalar("s"), 1.0 / 3);
}

TEST_F(Safetensors, ViewsLiveAsLongAsAnyCopyOfTheFile) {
  std::unique_ptr<SafetensorsFile> copy;
  std::span<const float> x;
  {
    std::string data(1, ' ');
    data.append(reinterpret_cast<const char*>(floats_.data()), 24);
    SafetensorsFile file =
        open(file_of(R"({"flag":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                     R"("x":{"dtype":"F32","shape":[6],"data_offsets":[1,25]}})",
                     data));
    x = file.floats("x", 1);
    copy = std::make_unique<SafetensorsFile>(file);
  }
  EXPECT_THAT(x, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(Safetensors, RefusesTheWrongNameDtypeOrShapeOnDemand) {
  SafetensorsFile file = open(file_of(
      R"({"x":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})", std::string(24, 'x')));
  EXPECT_THAT(message_of([&] { file.floats("y", 2); }), HasSubstr("no such array"));
  EXPECT_THAT(message_of([&] { file.floats("x", 1); }), HasSubstr("F32 [2, 3]"));
  EXPECT_THAT(message_of([&] { file.integers("x", 2); }), HasSubstr("F32 [2, 3]"));
  EXPECT_THAT(message_of([&] { file.scalar("x"); }), HasSubstr("F32 [2, 3]"));
  EXPECT_THAT(message_of([&] { file.scalar("s"); }), HasSubstr("no such array"));
}

TEST_F(Safetensors, RefusesToWriteFewerBytesThanTheShapeSays) {
  const auto path = folder_.file("some.safetensors");
  EXPECT_THAT(message_of([&] {
                write_safetensors(path, {{"x", {"F32", {3, 3}, bytes_of(floats_)}}}, {});
              }),
              HasSubstr("24 for F32 [3, 3]"));
  EXPECT_THAT(folder_.names(), ElementsAre());
}

TEST_F(Safetensors, RefusesToWriteWhatItCouldNotReadBack) {
  const auto path = folder_.file("some.safetensors");
  const ArrayView x{"F32", {6}, bytes_of(floats_)};
  message_of([&] { write_safetensors(path, {{"x", x}, {"x", x}}, {}); });
  message_of([&] { write_safetensors(path, {{"__metadata__", x}}, {}); });
  message_of([&] { write_safetensors(path, {{"\xff", x}}, {}); });
}

TEST(Checksum, IsZlibsCrc32OfTheBytesInOrder) {
  const std::string digits = "123456789";
  const auto view = [&](std::size_t first, std::size_t size) {
    return ArrayView{"U8",
                     {static_cast<std::int64_t>(size)},
                     std::as_bytes(std::span(digits).subspan(first, size))};
  };
  EXPECT_EQ(checksum(std::vector{view(0, 9)}), "cbf43926");  // the published check value
  EXPECT_EQ(checksum(std::vector{view(0, 4), view(4, 5)}), "cbf43926");
  EXPECT_NE(checksum(std::vector{view(4, 5), view(0, 4)}), "cbf43926");
  EXPECT_EQ(checksum(std::vector{view(0, 9), ArrayView{"U8", {0}, {}}}), "cbf43926");
}

}  // namespace
}  // namespace jest

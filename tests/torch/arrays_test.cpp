// Tensors of files: what they cannot be is refused by name.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "jest/torch/arrays.hpp"
#include "oracle/message_of.hpp"
#include "oracle/safetensors_bytes.hpp"

namespace jest {
namespace {

class LoadTensors : public oracle::SafetensorsTest {
 protected:
  std::string refusal(const std::string& dtype, const std::string& shape, std::size_t bytes) {
    const std::string header = R"({"x":{"dtype":")" + dtype + R"(","shape":)" + shape +
                               R"(,"data_offsets":[0,)" + std::to_string(bytes) + "]}}";
    const SafetensorsFile file = open(oracle::file_of(header, std::string(bytes, '\0')));
    return oracle::message_of([&] { load_tensors(file); });
  }
};

TEST_F(LoadTensors, RefusesDtypesThatTensorsHaveNot) {
  EXPECT_THAT(refusal("U32", "[2]", 8), ::testing::HasSubstr("x U32 [2]"));
  EXPECT_THAT(refusal("F4", "[4]", 2), ::testing::HasSubstr("x F4 [4]"));
}

TEST_F(LoadTensors, RefusesExtentsWhoseStridesOverflow) {
  EXPECT_THAT(refusal("F32", "[0,4611686018427387904,8]", 0),
              ::testing::HasSubstr("some.safetensors"));
}

TEST_F(LoadTensors, TakesEmptyOnes) {
  const SafetensorsFile file =
      open(oracle::file_of(R"({"x":{"dtype":"F32","shape":[0,1024],"data_offsets":[0,0]}})", ""));
  EXPECT_EQ(load_tensors(file).front().second.sizes(), at::IntArrayRef({0, 1024}));
}

}  // namespace
}  // namespace jest

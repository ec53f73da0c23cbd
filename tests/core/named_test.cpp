#include "jest/core/error.hpp"

#include <gtest/gtest.h>

#include <array>

#include "jest/criteria/contrastive.hpp"
#include "jest/select/selection.hpp"
#include "oracle/message_of.hpp"

namespace jest {
namespace {

using oracle::message_of;

TEST(ByName, FindsTheValueOfAName) {
  EXPECT_EQ(by_name("score", kContrasts, "softmax"), Contrast::kSoftmax);
  EXPECT_EQ(by_name("--backend", kBackends, "cpu-bf16"), Backend::kCpuBf16);
  constexpr std::array<Named<int>, 2> kNumbers{{{"one", 1}, {"two", 2}}};
  EXPECT_EQ(by_name("count", kNumbers, "two"), 2);
}

TEST(ByName, ListsTheKnownNamesWhenItRefuses) {
  EXPECT_EQ(message_of([] { by_name("select, contrast", kContrasts, "cosine"); }),
            "select, contrast: expected one of sigmoid, softmax, got 'cosine'");
  EXPECT_EQ(
      message_of([] { by_name("--preset", kPresets, ""); }),
      "--preset: expected one of joint, independent, topk, mean-field, greedy, uniform, got ''");
}

}  // namespace
}  // namespace jest

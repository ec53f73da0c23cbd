#include "jest/core/score.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "jest/core/views.hpp"
#include "oracle/message_of.hpp"

namespace jest {
namespace {

using oracle::message_of;

TEST(ScoreWeights, AreThoseOfTheThreeScoreFunctions) {
  EXPECT_EQ(kLearnability.learner, 1);
  EXPECT_EQ(kLearnability.reference, 1);
  EXPECT_EQ(kHardLearner.reference, 0);
  EXPECT_EQ(kEasyReference.learner, 0);
}

TEST(ScoreWeights, ThatAreImpossibleAreRefusedWithTheirNumbers) {
  EXPECT_NE(message_of([] { check_weights({0, 0}); }).find("0 and 0"), std::string::npos);
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_NE(message_of([&] { check_weights({1, infinity}); }).find("inf"), std::string::npos);
  EXPECT_NE(message_of([&] { check_weights({NAN, 1}); }).find("nan"), std::string::npos);
}

TEST(InteractionSchedule, IsZeroUntilItsStart) {
  const InteractionSchedule schedule{.value = 0.5, .start = 10};
  EXPECT_EQ(schedule.at(9), 0.0);
  EXPECT_EQ(schedule.at(10), 0.5);
  EXPECT_EQ(InteractionSchedule{}.at(0), 1.0);
}

TEST(EmbeddingsView, ThatCannotBeUsedIsRefusedNamingTheModelAndTheNumbers) {
  const float values[12] = {};
  const EmbeddingsView good{matrix_view(values, 3, 4), matrix_view(values, 3, 4), 10, -10};
  EXPECT_NO_THROW(check_embeddings("learner", good));
  const auto refused = [&](const auto& damage, const std::string& expected) {
    EmbeddingsView view = good;
    damage(view);
    const std::string message = message_of([&] { check_embeddings("learner", view); });
    EXPECT_NE(message.find(expected), std::string::npos) << message;
    EXPECT_EQ(message.rfind("learner: expected", 0), 0u) << message;
  };
  refused([](EmbeddingsView& v) { v.y.rows = 2; }, "x [3, 4] and y [2, 4]");
  refused([](EmbeddingsView& v) { v.y.cols = 3; }, "x [3, 4] and y [3, 3]");
  refused([](EmbeddingsView& v) { v.x.rows = v.y.rows = 0; }, "[0, 4]");
  refused([](EmbeddingsView& v) { v.x.cols = v.y.cols = 0; }, "[3, 0]");
  refused([](EmbeddingsView& v) { v.y.row_stride = 3; }, "at least 4, got 3");
  refused([](EmbeddingsView& v) { v.x.data = nullptr; }, "null");
  refused([](EmbeddingsView& v) { v.scale = 0; }, "scale > 0, got 0");
  refused([](EmbeddingsView& v) { v.scale = -1; }, "got -1");
  refused([](EmbeddingsView& v) { v.scale = NAN; }, "got nan");
  refused([](EmbeddingsView& v) { v.bias = INFINITY; }, "bias, got inf");
}

}  // namespace
}  // namespace jest

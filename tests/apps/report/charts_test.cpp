// Line charts, their ticks and the numbers on them.
#include <gmock/gmock.h>

#include <limits>
#include <string>

#include "report/curves.hpp"
#include "report/line_chart.hpp"
#include "report/number_format.hpp"

namespace jest::apps::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(NumberFormat, SeparatesThousandsAndKeepsDigits) {
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(123), "123");
  EXPECT_EQ(fixed(-1234.5, 1), "−1,234.5");
  EXPECT_EQ(fixed(-0.0001, 2), "0.00");
  EXPECT_EQ(significant(0.012345, 3), "0.0123");
  EXPECT_EQ(trimmed(6, 3), "6");
  EXPECT_EQ(times(1), "1.0");
  EXPECT_EQ(times(13.24), "13.2");
  EXPECT_EQ(percent(0.0345), "3.5 %");
  EXPECT_EQ(flops_text(1.379e12), "1.38 TFLOP");
  EXPECT_EQ(fixed(kNan, 2), "–");
  EXPECT_EQ(seconds_text(kInfinity), "– h");
}

TEST(Ticks, AreRoundAndInside) {
  EXPECT_THAT(nice_ticks({0, 1500}, 5).values, ElementsAre(0, 500, 1000, 1500));
  const Ticks shares = nice_ticks({0.13, 0.31}, 5);
  EXPECT_EQ(shares.decimals, 2);
  EXPECT_NEAR(shares.values.front(), 0.15, 1e-12);
  EXPECT_NEAR(shares.values.back(), 0.30, 1e-12);
  EXPECT_FALSE(nice_ticks({3, 3}, 5).values.empty());
  EXPECT_FALSE(nice_ticks({kNan, kInfinity}, 5).values.empty());
}

TEST(Ticks, OfALogarithmicAxis) {
  EXPECT_THAT(logarithmic_ticks({9, 250}, 5), ElementsAre(10, 20, 50, 100, 200));
  EXPECT_THAT(logarithmic_ticks({10, 13000}, 5), ElementsAre(10, 100, 1000, 10000));
  EXPECT_THAT(logarithmic_ticks({0.02, 0.3}, 5), ElementsAre(0.02, 0.05, 0.1, 0.2));
}

Series line_to(double end) {
  return {"a", {"red", ""}, {{0, 1, 1, 1}, {end / 10, 1, 1, 1}, {end, 2, 2, 2}}};
}

TEST(LineChart, IsLogarithmicWhereLinesEndFarApart) {
  const auto drawn = [](double one, double other) {
    return line_chart({{"t", "steps", "y"}, {line_to(one), line_to(other)}, {}}).string();
  };
  EXPECT_THAT(drawn(700, 3000), Not(HasSubstr("logarithmic")));
  const std::string far = drawn(1000, 10000);  // from 100 on: the points at 0 have no place
  EXPECT_THAT(far, HasSubstr(">steps, logarithmic<"));
  EXPECT_THAT(far, HasSubstr("points=\"48.0,222.0 202.0,30.0 \""));
  EXPECT_THAT(far, HasSubstr("points=\"202.0,222.0 356.0,30.0 \""));
  EXPECT_THAT(far, Not(HasSubstr("inf")));
}

TEST(LineChart, LeavesOutWhatIsNotFinite) {
  const Series series{"<a>", {"red", ""}, {{1, kNan, 0, 0}, {kInfinity, 1, 1, 1}, {2, 3, kNan, 4}}};
  const std::string svg = line_chart({{"t", "x", "y"}, {series}, {{"l", kNan}}}).string();
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
  EXPECT_THAT(svg, HasSubstr("&lt;a&gt;"));
  EXPECT_THAT(svg, HasSubstr("<circle"));
  const Series nothing{"a", {"red", ""}, {{1, kNan, 0, 0}}};
  EXPECT_THAT(line_chart({{"t", "x", "y"}, {nothing}, {}}).string(), HasSubstr("no chart"));
}

TEST(Curves, OfLossesLeaveOutTheSteepStart) {
  const Series fast{"fast", {"red", ""}, {{5, 8, 8, 8.5}, {50, 3, 2.9, 3.1}, {100, 2, 2, 2}}};
  const Series slow{"slow", {"blue", ""}, {{1, 7, 7, 7}, {30, 4, 4, 4}, {40, 3.5, 3, kNan}}};
  const auto kept = without_the_start({fast, slow, {"none", {}, {}}});
  ASSERT_EQ(kept.size(), 3U);
  ASSERT_EQ(kept[0].points.size(), 2U);
  EXPECT_EQ(kept[0].points.front().x, 50);
  EXPECT_EQ(kept[1].points.size(), 2U) << "from 4 on, which is the highest after the start";
}

}  // namespace
}  // namespace jest::apps::report

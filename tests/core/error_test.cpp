#include "jest/core/error.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <sstream>

#include "oracle/message_of.hpp"

namespace jest {
namespace {

struct Point {
  int x;
  int y;
};
std::ostream& operator<<(std::ostream& out, const Point& point) {
  return out << '(' << point.x << ", " << point.y << ')';
}

template <class... Parts>
std::string streamed(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

template <class... Parts>
void expect_as_streamed(const Parts&... parts) {
  EXPECT_EQ(text(parts...), streamed(parts...));
}

TEST(Text, IsWhatAStreamWrites) {
  expect_as_streamed("a", std::string("b"), std::string_view("c"), 'd', true, false);
  expect_as_streamed(0, " ", -1, " ", 1u, " ", std::int8_t{65}, " ", std::int16_t{-7}, " ",
                     std::uint8_t{66});
  expect_as_streamed(std::numeric_limits<std::int64_t>::min(), " ",
                     std::numeric_limits<std::uint64_t>::max());
  const int numbers[2] = {};
  expect_as_streamed(static_cast<const void*>(numbers), " ", Point{3, -4});
  expect_as_streamed(std::hex, 255, " ", std::dec, 255, " ", 0.1, " ", true);
  EXPECT_EQ(text(), "");
}

TEST(Text, WritesFloatingNumbersAsAStreamDoes) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double value : {0.0, -0.0, 1.0, 0.1, 1e5, 999999.5, 1e6, 1234567.0, 1e-4, 1e-5,
                             -2.5e-7, 1.0 / 3, 5e-324, 1.7e308, infinity, -infinity}) {
    expect_as_streamed(value);
    expect_as_streamed(static_cast<float>(value));
  }
  EXPECT_EQ(text(std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(Refuse, SaysOperationExpectationAndWhatCame) {
  EXPECT_EQ(oracle::message_of([] {
              refuse("add", "two numbers", 1, " and ", Point{1, 2});
            }),
            "add: expected two numbers, got 1 and (1, 2)");
}

TEST(Error, IsOneLineWhateverItShows) {
  const std::string said = oracle::message_of(
      [] { refuse("read \x1b[1m", "a name", std::string_view("a\nb\0c", 5), "\x7f, \xc3\xa9"); });
  EXPECT_EQ(said, "read \\x1b[1m: expected a name, got a\\x0ab\\x00c\\x7f, \xc3\xa9");
}

}  // namespace
}  // namespace jest

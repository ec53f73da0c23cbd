// The useful share of made-up pools, and what it is looked up on.

#include "train/probe/useful_share.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "oracle/message_of.hpp"
#include "train/probe/map_place.hpp"

namespace jest::apps::train {
namespace {

std::vector<double> losses(int count, double mean, std::mt19937& bits) {
  std::normal_distribution<double> normal(mean, 1);
  std::vector<double> all;
  for (int k = 0; k < count; ++k) all.push_back(normal(bits));
  return all;
}

std::vector<double> pool(double share, double useless_mean, std::mt19937& bits) {
  const int useful = static_cast<int>(std::lround(share * 10000));
  std::vector<double> all = losses(useful, 0, bits);
  for (const double loss : losses(10000 - useful, useless_mean, bits)) all.push_back(loss);
  return all;
}

TEST(UsefulShare, NearTheTruthWhereTheTwoLieApart) {
  std::mt19937 bits(1);
  double before = 0;
  for (const double share : {0.02, 0.05, 0.1, 0.25, 0.5, 0.9}) {
    const UsefulShare found = estimate_useful_share(losses(600, 0, bits), pool(share, 5, bits));
    EXPECT_NEAR(found.share, share, 0.2 * share + 0.005);
    EXPECT_GT(found.share, before);
    EXPECT_LE(found.low, found.share);
    EXPECT_GE(found.high, found.share);
    before = found.share;
  }
}

TEST(UsefulShare, TooHighWhereUselessExamplesHaveLowLosses) {
  std::mt19937 bits(2);
  EXPECT_GT(estimate_useful_share(losses(600, 0, bits), pool(0.1, 0.5, bits)).share, 0.3);
}

TEST(UsefulShare, AtMostOne) {
  std::mt19937 bits(3);
  const UsefulShare found = estimate_useful_share(losses(600, 0, bits), losses(600, -4, bits));
  EXPECT_EQ(found.share, 1);
  EXPECT_EQ(found.high, 1);
}

TEST(UsefulShare, RefusesTooFewAndWhatIsNoNumber) {
  std::mt19937 bits(4);
  const std::vector<double> enough = losses(50, 0, bits);
  EXPECT_NE(oracle::message_of([&] {
              estimate_useful_share(losses(49, 0, bits), enough);
            }).find("at least 50 losses of curated examples"),
            std::string::npos);
  std::vector<double> bad = enough;
  bad[7] = std::nan("");
  EXPECT_NE(oracle::message_of([&] {
              estimate_useful_share(enough, bad);
            }).find("finite losses of the pool"),
            std::string::npos);
}

TEST(Verdict, PaysOrLosesOnlyWhereAllPointsDo) {
  const auto point = [](double run, double all_in) {
    return MapPoint{.run_flops = run, .all_in_flops = all_in};
  };
  EXPECT_EQ(verdict_of({point(2, 1.5), point(9, 9)}), Verdict::kPays);
  EXPECT_EQ(verdict_of({point(2, 1.4), point(9, 9)}), Verdict::kOpen);
  EXPECT_EQ(verdict_of({point(0.9, 0.2), point(0.1, 0.1)}), Verdict::kLoses);
  EXPECT_EQ(verdict_of({point(0.9, 0.2), point(9, 0.5)}), Verdict::kOpen);
  EXPECT_EQ(verdict_of({point(1, 0.5)}), Verdict::kOpen) << "longer runs pay for their guide";
  EXPECT_EQ(verdict_of(std::vector<MapPoint>{}), Verdict::kOpen);
}

TEST(Verdict, ABoundCountsOnItsOwnSideAlone) {
  const auto verdict = [](double run, double all_in, const char* bound) {
    return verdict_of({MapPoint{.run_flops = run, .all_in_flops = all_in, .bound = bound}});
  };
  EXPECT_EQ(verdict(9, 9, ">"), Verdict::kPays);
  EXPECT_EQ(verdict(9, 9, "<"), Verdict::kOpen);
  EXPECT_EQ(verdict(0.5, 0.2, "<"), Verdict::kLoses);
  EXPECT_EQ(verdict(0.5, 0.2, ">"), Verdict::kOpen);
}

TEST(Map, TheNearestShareIsThatOfTheNearestRatio) {
  const std::vector<MapPoint> map{{.set = "a", .useless = "other", .share = 0.02},
                                  {.set = "a", .useless = "other", .share = 0.25}};
  EXPECT_EQ(best_near(map, "other", 0.1).front().share, 0.25);
  EXPECT_EQ(best_near(map, "other", 0.06).front().share, 0.02);
  EXPECT_EQ(best_near(map, "other", 0).front().share, 0.02);
  EXPECT_TRUE(best_near(map, "mismatched", 0.1).empty());
}

}  // namespace
}  // namespace jest::apps::train

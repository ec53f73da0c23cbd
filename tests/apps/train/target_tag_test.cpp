// What summary.json names as the wanted part of a pool.
#include <gtest/gtest.h>

#include "train/experiment_data.hpp"

namespace jest::apps::train {
namespace {

ExampleTable tagged(const std::vector<std::string>& names) {
  ExampleTable table;
  table.tag_names = names;
  return table;
}

nlohmann::ordered_json target(const ExampleTable& curated, const ExampleTable& pool) {
  return describe_sizes(ExperimentOptions(), curated, pool).at("target_tag");
}

TEST(TargetTag, IsTheOneTagOfTheCurated) {
  EXPECT_EQ(target(tagged({"de"}), tagged({"de", "fr"})), "de");
  EXPECT_TRUE(target(tagged({"de", "fr"}), tagged({"de", "fr"})).is_null());
  EXPECT_TRUE(target(tagged({}), tagged({})).is_null());
}

TEST(TargetTag, IsWhatIsTrueInAPoolWithNoise) {
  EXPECT_EQ(target(tagged({"dejavu", "liberation"}), tagged({"true", "noise"})), "true");
  EXPECT_EQ(target(tagged({"dejavu"}), tagged({"noise", "true"})), "true");
  EXPECT_EQ(target(tagged({"de"}), tagged({"true", "noise", "other"})), "de");
}

}  // namespace
}  // namespace jest::apps::train

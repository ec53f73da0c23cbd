// What is summed up of metrics that hold anything at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jest/io/atomic_file.hpp"
#include "jest/methods/methods.hpp"
#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"
#include "train/probe/map_place.hpp"
#include "train/run_folder.hpp"
#include "train/summary.hpp"

namespace jest::apps::train {
namespace {

using ::testing::HasSubstr;

const std::string kEvaluation =
    R"({"event":"evaluation","step":1,"r_at_1":0.5,"examples":{"trained":8,"scored":0},)"
    R"("flops":{"learner_training":1},"seconds":{"train":1},"picked_tags":{"a":1}})";

class DamagedMetrics : public ::testing::Test {
 protected:
  std::string summary(const std::string& content) {
    folder_.write("metrics.jsonl", content);
    return summarize_run({.run = {.arm = {.name = "uniform", .method = kUniform}, .seed = 1},
                          .method = kUniform,
                          .folder = folder_.file(""),
                          .once = {},
                          .measures = {{.name = "r_at_1", .label = "R@1"}}})
        .dump();
  }
  void expect_refused(const std::string& content) {
    EXPECT_THAT(oracle::message_of([&] { summary(content); }), HasSubstr("metrics.jsonl"))
        << content.substr(0, 200);
  }
  oracle::TemporaryFolder folder_;
};

TEST_F(DamagedMetrics, WithoutAFieldAreRefused) {
  EXPECT_THAT(summary(kEvaluation + "\n"), HasSubstr("\"r_at_1\":0.5"));
  const auto whole = nlohmann::json::parse(kEvaluation);
  for (const char* field : {"event", "step", "r_at_1", "examples", "flops", "seconds"}) {
    auto line = whole;
    line.erase(field);
    expect_refused(line.dump());
    line[field] = nlohmann::json::array({"another type"});
    if (std::string(field) == "flops" || std::string(field) == "event") expect_refused(line.dump());
  }
  expect_refused("[1]");
  expect_refused("3");
  expect_refused(R"({"event":3})");
}

/// Copying a value takes stack for every level of it.
TEST_F(DamagedMetrics, ThatNestWithoutEndAreRefused) {
  constexpr std::size_t kDeep = 200'000;
  const std::string deep = std::string(kDeep, '[') + std::string(kDeep, ']');
  expect_refused(kEvaluation.substr(0, kEvaluation.size() - 1) + ",\"more\":" + deep + "}");
  const auto run = folder_.file("run");
  { const auto lock = claim_folder({run, {{"steps", 10}}, false}); }
  folder_.write("run/run.json", "{\"steps\":" + deep + "}");
  EXPECT_THAT(oracle::message_of([&] {
                const auto lock = claim_folder({run, {{"steps", 10}}, true});
              }),
              HasSubstr("run.json"));
}

/// A parser shows the token it stopped at, whole.
TEST_F(DamagedMetrics, AreRefusedInALineThatCanBeRead) {
  const std::string endless = "{\"" + std::string(50'000, 'x');
  const auto map = folder_.write("map.json", endless);
  EXPECT_LT(oracle::message_of([&] { read_map(map); }).size(), 500U);
  EXPECT_LT(oracle::message_of([&] { summary(endless); }).size(), 500U);
}

/// What jest-train writes of gradients, without what is only for the line.
TEST_F(DamagedMetrics, OfGradientsLoseTheirChecksum) {
  const std::string line = with_checksum(R"({"event":"gradients","step":1,"norm":2.0})");
  EXPECT_THAT(summary(line + "\n" + kEvaluation),
              HasSubstr(R"("gradients":[{"step":1,"norm":2.0}])"));
}

}  // namespace
}  // namespace jest::apps::train

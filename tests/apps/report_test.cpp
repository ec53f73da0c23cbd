#include "report/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "report/headline.hpp"
#include "report/line_chart.hpp"
#include "report/number_format.hpp"
#include "report/summary_table.hpp"
#include "report/tag_layers.hpp"

namespace jest {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// An arm whose R@1 is `scores` at steps 100, 200, ...
struct FakeArm {
  std::string arm;
  std::vector<double> scores;
  double flops_per_step = 3e9;
  std::int64_t seed = 0;
};

json flops(const FakeArm& fake, double steps) {
  const bool selects = fake.arm != "uniform";
  return {{"learner_training", fake.flops_per_step * steps},
          {"reference_training", selects ? 3e10 : 0.0},
          {"pool_embedding", selects ? 3e10 : 0.0}};
}

json seconds(double steps) {
  return {{"load", 0.0}, {"selection", 0.01 * steps}, {"train", 0.09 * steps}, {"evaluate", 1.0}};
}

json evaluations(const FakeArm& fake) {
  json list = json::array();
  for (std::size_t i = 0; i < fake.scores.size(); ++i) {
    list.push_back({{"step", 100 * (i + 1)}, {"r_at_1", fake.scores[i]}, {"r_at_10", 0.9}});
  }
  return list;
}

json run_of(const FakeArm& fake) {
  const double steps = 100.0 * static_cast<double>(fake.scores.size());
  return {{"arm", fake.arm},
          {"seed", fake.seed},
          {"steps", steps},
          {"evaluations", evaluations(fake)},
          {"examples_scored", 5 * steps},
          {"examples_trained", steps},
          {"flops", flops(fake, steps)},
          {"seconds", seconds(steps)},
          {"picked_tags", {{{"step", 100}, {"ja", 0.25}}, {{"step", 200}, {"ja", 0.75}}}}};
}

json summary_of(const std::vector<FakeArm>& arms) {
  json summary = {{"command", "jest-train --name \"<b>\""},
                  {"version", "0.1"},
                  {"data", {{"super_batch", 640}, {"count", 128}, {"target_tag", "ja"}}},
                  {"reference", {{"r_at_1", 0.5}}},
                  {"runs", json::array()}};
  summary["data"]["pool"] = {{"path", "pool.tsv"}, {"tags", {{"ja", 0.05}, {"de", 0.95}}}};
  for (const FakeArm& arm : arms) summary["runs"].push_back(run_of(arm));
  return summary;
}

std::string metrics_of(const FakeArm& fake) {
  std::ostringstream lines;
  lines << R"({"event":"step","step":1,"loss":null,"learnability_picks":null})" << '\n';
  lines << R"({"event":"step","step":2,"loss":1,"learnability_picks":0.5})" << '\n';
  lines << R"({"event":"samples","step":1,"picked":[{"id":7,"x":"<script>","score":null}]})"
        << '\n';
  for (json event : evaluations(fake)) {
    event["event"] = "evaluation";
    event["flops"] = {{"learner_training", fake.flops_per_step * event["step"].get<double>()}};
    event["seconds"] = seconds(event["step"]);
    lines << event.dump() << '\n';
  }
  return lines.str();
}

const FakeArm kUniformArm{"uniform", {.2, .4, .5, .6, .64, .65}};
const FakeArm kWinningArm{"joint", {.3, .66, .7, .71, .73, .74}, 6e9};
const FakeArm kLosingArm{"joint", {.2, .3, .4, .45, .5, .55}, 6e9};

std::string lead_of(const std::vector<FakeArm>& arms) {
  Experiment experiment = parse_summary(summary_of(arms), "test");
  for (Run& run : experiment.runs) run.metrics.evaluations = run.evaluations;
  for (std::size_t i = 0; i < arms.size(); ++i) {
    for (Evaluation& evaluation : experiment.runs[i].metrics.evaluations) {
      evaluation.flops.learner_training = arms[i].flops_per_step * evaluation.step;
    }
    experiment.runs[i].flops.reference_training = arms[i].arm == "uniform" ? 0 : 6e11;
  }
  return headline(arm_results(experiment)).lead;
}

class ReportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(::testing::TempDir()) / text("report-", test->name());
    std::filesystem::remove_all(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::vector<FakeArm>& arms, const json& summary) const {
    for (const FakeArm& arm : arms) {
      std::filesystem::create_directories(metrics_file(arm).parent_path());
      std::ofstream(metrics_file(arm)) << metrics_of(arm);
    }
    std::ofstream(folder_ / "summary.json") << summary;
  }
  std::filesystem::path metrics_file(const FakeArm& arm) const {
    return folder_ / text(arm.arm, "-seed", arm.seed) / "metrics.jsonl";
  }
  std::filesystem::path output() const { return folder_ / "report.html"; }
  std::string report() const {
    write_report({folder_}, output());
    return read_file(output());
  }
  std::string refusal() const {
    try {
      write_report({folder_}, output());
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  std::filesystem::path folder_;
};

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

TEST(Headline, StatesStepsAndComputeOfTheWinner) {
  // 200 steps of 6 GFLOP, 600 GFLOP of reference training and 30 of pool embedding, against 1,800.
  EXPECT_EQ(lead_of({kUniformArm, kWinningArm}),
            "joint reached R@1 0.740 after 600 steps; uniform 0.650 after as many. It reached "
            "uniform's final score after 200 steps (3.0 times fewer), at 0.667 times the compute; "
            "with the reference's training and the pool's embedding counted, 1.02 times.");
}

TEST(Headline, SaysSoWhenJointLoses) {
  const std::string lead = lead_of({kUniformArm, kLosingArm});
  EXPECT_THAT(lead, HasSubstr("joint ended below uniform: R@1 0.550"));
  EXPECT_THAT(lead, HasSubstr("did not reach uniform's final score"));
  EXPECT_THAT(lead, HasSubstr("2.0 times the compute"));
}

TEST(Headline, CountsMissedSeedsAsNever) {
  FakeArm second = kLosingArm, third = kWinningArm;
  second.seed = 1;
  third.seed = 2;
  EXPECT_THAT(lead_of({kUniformArm, kLosingArm, second, third}), HasSubstr("(1 of 3 seeds did)"));
}

TEST(TagLayers, PutTheTargetFirstAndSumUpTheRest) {
  json summary = summary_of({kWinningArm});
  for (char c = 'a'; c < 'm'; ++c) summary["data"]["pool"]["tags"][std::string(1, c)] = 0.01;
  const Experiment experiment = parse_summary(summary, "test");
  const TagLayers tags = tag_layers(arm_results(experiment).front(), experiment);
  ASSERT_EQ(tags.layers.size(), 8u);
  EXPECT_EQ(tags.layers.front().name, "ja");
  EXPECT_THAT(tags.layers.front().shares, ElementsAre(0.25, 0.75));
  EXPECT_EQ(tags.layers.back().name, "other");
  EXPECT_NEAR(tags.layers.back().source, 0.07, 1e-12);
}

TEST(SummaryTable, NamesEveryArmWithinEightyColumns) {
  json summary = summary_of({kUniformArm, kWinningArm, {"oracle:a-tag-of-unusual-length", {.5}}});
  summary["data"]["target_tag"] = "ja\x1b[2J and a long name";
  const std::string table = summary_table(summary);
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 82u) << line;
  EXPECT_THAT(table, HasSubstr("\nuniform  "));
  EXPECT_THAT(table, HasSubstr("\noracle:a-tag-of-unus…"));
  EXPECT_THAT(table, ::testing::ContainsRegex("joint +600 +0.740 +0.900 +2.00x +60.0 +10.0 %"));
  EXPECT_THAT(table, Not(HasSubstr("\x1b")));
}

TEST_F(ReportTest, NamesEveryArmAndNeedsNoNetworkOrScript) {
  const std::vector<FakeArm> arms = {kUniformArm, kWinningArm, {"mean-field", {.4, .5}}};
  write(arms, summary_of(arms));
  const std::string page = report();
  for (const FakeArm& arm : arms) {
    EXPECT_THAT(page, HasSubstr("<span>" + arm.arm + "<wbr></span>")) << arm.arm;
  }
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("http")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(page, HasSubstr("&quot;&lt;b&gt;&quot;"));
}

TEST_F(ReportTest, DrawsNothingThatIsNotFinite) {
  FakeArm gap = kWinningArm;
  gap.scores[2] = kNan;
  write({kUniformArm, gap}, summary_of({kUniformArm, gap}));
  std::istringstream page(report());
  for (std::string line; std::getline(page, line);) {
    if (line.find(" d=") == std::string::npos && line.find("points=") == std::string::npos)
      continue;
    EXPECT_THAT(line, Not(::testing::AnyOf(HasSubstr("nan"), HasSubstr("inf"))));
  }
}

TEST_F(ReportTest, SaysWhyTagsAndUniformAreMissing) {
  json summary = summary_of({kWinningArm});
  summary["data"] = {{"super_batch", 640}, {"target_tag", nullptr}};
  summary.erase("reference");
  summary["runs"][0].erase("picked_tags");
  write({kWinningArm}, summary);
  const std::string page = report();
  EXPECT_THAT(page, HasSubstr("the examples carry no tags"));
  EXPECT_THAT(page, HasSubstr("not run, so there is nothing to be relative to"));
  EXPECT_THAT(page, HasSubstr("Uniform was not run"));
}

TEST_F(ReportTest, NamesFileAndLineOfWhatIsMalformed) {
  write({kUniformArm}, summary_of({kUniformArm}));
  std::ofstream(metrics_file(kUniformArm), std::ios::app) << R"({"event":"step","st)";
  EXPECT_THAT(refusal(), HasSubstr(metrics_file(kUniformArm).string() + " line 10"));
  std::ofstream(metrics_file(kUniformArm)) << R"({"event":"evaluation","step":"x"})";
  EXPECT_THAT(refusal(), HasSubstr("line 1: expected a number at step, got \"x\""));
  EXPECT_FALSE(std::filesystem::exists(output()));
}

TEST_F(ReportTest, NamesWhatTheSummaryLacks) {
  EXPECT_THAT(refusal(), HasSubstr((folder_ / "summary.json").string()));
  json summary = summary_of({kUniformArm});
  summary["runs"][0].erase("steps");
  write({kUniformArm}, summary);
  EXPECT_THAT(refusal(), HasSubstr("expected a field runs[0].steps"));
  summary = summary_of({kUniformArm, kWinningArm});
  write({kUniformArm}, summary);
  EXPECT_THAT(refusal(), HasSubstr(metrics_file(kWinningArm).string()));
  EXPECT_FALSE(std::filesystem::exists(output()));
}

TEST_F(ReportTest, ComparesSeveralFolders) {
  write({kUniformArm, kLosingArm}, summary_of({kUniformArm, kLosingArm}));
  write_report({folder_, folder_}, output());
  const std::string page = read_file(output());
  EXPECT_THAT(page, HasSubstr(">Comparison<"));
  EXPECT_THAT(page, HasSubstr("href=\"#experiment-2\""));
  EXPECT_THAT(page, HasSubstr("id=\"experiment-2\""));
  const std::string comparison = page.substr(0, page.find("id=\"experiment-1\""));
  EXPECT_THAT(comparison, HasSubstr(">missed<"));
}

}  // namespace
}  // namespace jest

// What is said of arms: the headline, the layers of tags, the table on the terminal.
#include <gmock/gmock.h>

#include <cmath>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "apps/report/fake_experiment.hpp"
#include "report/arm_style.hpp"
#include "report/headline.hpp"
#include "report/summary_table.hpp"
#include "report/tag_layers.hpp"

namespace jest::apps::report {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FakeArm;
using ::testing::HasSubstr;
using testing::json;
using testing::kLosingArm;
using testing::kUniformArm;
using testing::kWinningArm;
using ::testing::Not;
using testing::summary_of;

Experiment with_metrics(const std::vector<FakeArm>& arms) {
  Experiment experiment = parse_summary(summary_of(arms), "test");
  for (Run& run : experiment.runs) {
    run.flops.reference_training = run.role == Role::kBaseline ? 0 : 6e11;
    run.to_uniform.all_in = run.to_uniform.flops + run.flops.paid_once();
  }
  return experiment;
}

Headline headline_of(const Experiment& experiment) {
  return headline(arm_results(experiment), experiment.primary());
}

std::string lead_of(const std::vector<FakeArm>& arms) {
  return headline_of(with_metrics(arms)).lead;
}

/// As if a reference had been given without a record of what its training cost.
Experiment with_unknown_reference(const std::vector<FakeArm>& arms) {
  Experiment experiment = with_metrics(arms);
  for (Run& run : experiment.runs) {
    if (run.role == Role::kBaseline) continue;
    run.flops.reference_training = kUnknown;
    run.to_uniform.all_in = kUnknown;
  }
  return experiment;
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
  EXPECT_THAT(lead, HasSubstr("joint ended worse than uniform: R@1 0.550"));
  EXPECT_THAT(lead, HasSubstr("did not reach uniform's final score"));
  EXPECT_THAT(lead, HasSubstr("2.0 times the compute"));
}

TEST(Headline, CountsMissedSeedsAsNever) {
  FakeArm second = kLosingArm, third = kWinningArm;
  second.seed = 1;
  third.seed = 2;
  EXPECT_THAT(lead_of({kUniformArm, kLosingArm, second, third}), HasSubstr("(1 of 3 seeds did)"));
}

TEST(Headline, SaysHowMuchComputeTheLongerUniformRunHad) {
  // joint has 600 steps of 6 GFLOP, the longer run 300 of these.
  const std::pair<double, const char*> cases[] = {{12e9, "as much compute"},
                                                  {12.2e9, "as much compute"},
                                                  {11.8e9, "as much compute"},
                                                  {12.6e9, "1.05 times the compute of joint"},
                                                  {3e9, "0.25 times the compute of joint"},
                                                  {48e9, "4.0 times the compute of joint"}};
  for (const auto& [flops, compute] : cases) {
    const FakeArm longer{"uniform@equal-compute", {.2, .4, .7}, flops};
    EXPECT_THAT(headline_of(with_metrics({kUniformArm, kWinningArm, longer})).notes,
                Contains(std::string("Uniform with ") + compute +
                         " reached R@1 0.700 after 300 steps, worse than joint."));
  }
}

TEST(Headline, SaysSoWhenTheReferencesCostIsUnknown) {
  const Headline won = headline_of(with_unknown_reference({kUniformArm, kWinningArm}));
  EXPECT_THAT(won.lead, HasSubstr("(3.0 times fewer), at 0.667 times the compute; what the "
                                  "reference's training adds is unknown."));
  EXPECT_THAT(won.notes, Contains("The whole run of joint cost 2.0 times uniform's FLOPs, all-in "
                                  "unknown."));
  EXPECT_THAT(headline_of(with_unknown_reference({kUniformArm, kLosingArm})).lead,
              HasSubstr("at 2.0 times the compute (all-in unknown)."));
}

TEST(ArmResults, AnUnknownCostIsNotThatOfTheSeedsThatMissed) {
  FakeArm second = kWinningArm, third = kLosingArm;
  second.seed = 1;
  third.seed = 2;
  const Experiment experiment = with_unknown_reference({kUniformArm, kWinningArm, second, third});
  const std::vector<ArmResult> results = arm_results(experiment);
  const ArmResult& joint = *find_arm(results, "joint");
  EXPECT_EQ(joint.flops_to_uniform.median, 6e9 * 200);
  EXPECT_TRUE(std::isnan(joint.all_in_to_uniform.median));
  EXPECT_TRUE(std::isnan(joint.all_in_flops.median));
  EXPECT_EQ(find_role(results, Role::kBaseline)->all_in_flops.known, 1);
}

TEST(ParseSummary, ANullCostIsUnknownAndAMissingOneIsNone) {
  json summary = summary_of({kUniformArm, kWinningArm});
  summary["runs"][0]["flops"].erase("reference_training");
  summary["runs"][1]["flops"]["reference_training"] = nullptr;
  const Experiment experiment = parse_summary(summary, "test");
  EXPECT_EQ(experiment.runs[0].flops.reference_training, 0);
  EXPECT_TRUE(std::isnan(experiment.runs[1].flops.all_in()));
  EXPECT_EQ(experiment.runs[1].flops.run(), 6e9 * 600);
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

TEST(ArmStroke, IsItsOwnForEveryKind) {
  std::set<std::pair<std::string, std::string>> strokes;
  const std::vector<std::string> arms = {
      "cascade", "joint",   "aligned",        "flexi",        "independent", "mean-field", "topk",
      "greedy",  "uniform", "easy-reference", "hard-learner", "oracle",      "unheard-of"};
  for (const std::string& arm : arms) {
    ArmResult result;
    result.arm = result.kind = arm;
    const Stroke stroke = arm_stroke(result);
    strokes.emplace(stroke.color, stroke.dash);
  }
  EXPECT_EQ(strokes.size(), arms.size());
}

TEST(ArmStroke, IsItsOwnForEveryVariantOfAKind) {
  const std::vector<FakeArm> arms{kUniformArm,
                                  {"uniform:steps=7", {.5}},
                                  {"uniform:steps=9", {.5}},
                                  {"cascade:steps=7", {.5}},
                                  {"cascade:steps=9", {.5}},
                                  {"oracle:de", {.5}},
                                  {"oracle:fr", {.5}}};
  const Experiment experiment = parse_summary(summary_of(arms), "test");
  std::set<std::pair<std::string, std::string>> strokes;
  for (const ArmResult& arm : arm_results(experiment)) {
    const Stroke stroke = arm_stroke(arm);
    strokes.emplace(stroke.color, stroke.dash);
  }
  EXPECT_EQ(strokes.size(), arms.size());
}

TEST(TheFirstContender, IsSoInAFixedOrderWhateverItsOptions) {
  std::vector<FakeArm> arms{{"topk", {.5}}, kUniformArm};
  for (const char* arm : {"independent", "flexi:chunks=2", "aligned", "joint", "cascade:steps=7"}) {
    arms.push_back({arm, {.5}});
    const Experiment experiment = parse_summary(summary_of(arms), "test");
    EXPECT_EQ(find_role(arm_results(experiment), Role::kContender)->arm, arm);
  }
}

}  // namespace
}  // namespace jest::apps::report

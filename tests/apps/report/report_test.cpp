#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "apps/report/report_folder.hpp"

namespace jest::apps::report {
namespace {

using testing::FakeArm;
using ::testing::HasSubstr;
using testing::json;
using testing::kLosingArm;
using testing::kUniformArm;
using testing::kWinningArm;
using ::testing::Not;
using testing::summary_of;

using ReportTest = testing::ReportFolder;

TEST_F(ReportTest, NamesEveryArmAndNeedsNoNetworkOrScript) {
  const std::vector<FakeArm> arms = {kUniformArm, kWinningArm, {"mean-field", {.4, .5}}};
  write(arms, summary_of(arms));
  const std::string page = report();
  for (const FakeArm& arm : arms) {
    EXPECT_THAT(page, HasSubstr("<span>" + arm.arm + "</span>")) << arm.arm;
  }
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("http")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(page, HasSubstr("&quot;&lt;b&gt;&quot;"));
}

TEST_F(ReportTest, DrawsNothingThatIsNotFinite) {
  FakeArm gap = kWinningArm;
  gap.scores[2] = std::numeric_limits<double>::quiet_NaN();
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

TEST_F(ReportTest, SaysThatTheCostOfAGivenReferenceIsNotRecorded) {
  json summary = summary_of({kUniformArm, kWinningArm});
  write({kUniformArm, kWinningArm}, summary);
  EXPECT_THAT(report(), Not(HasSubstr("not stated")));
  summary["runs"][1]["flops"]["reference_training"] = nullptr;
  summary["reference"]["flops"] = nullptr;
  write({kUniformArm, kWinningArm}, summary);
  const std::string page = report();
  EXPECT_THAT(page,
              HasSubstr("The reference alone has R@1 0.500; R@10 –. What its training cost is "
                        "not recorded."));
  EXPECT_THAT(page, HasSubstr("All-in figures of arms that use the reference are not stated"));
  EXPECT_THAT(page, HasSubstr(">not stated</td>"));
  EXPECT_THAT(page, HasSubstr("all-in unknown."));
}

json with_energy(json summary, const json& meter, const json& not_counted) {
  summary["energy"] = {{"meter", meter}, {"not_counted", not_counted}};
  for (json& run : summary["runs"]) {
    run["joules"] = {{"run", 2500}, {"reference_training", 500}, {"pool_embedding", nullptr}};
  }
  summary["runs"][0]["joules"] = {{"run", 1500}, {"reference_training", 0}, {"pool_embedding", 0}};
  return summary;
}

TEST_F(ReportTest, HasJoulesWhereAMeterCountedThem) {
  const json plain = summary_of({kUniformArm, kWinningArm});
  write({kUniformArm, kWinningArm}, plain);
  EXPECT_THAT(report(), Not(HasSubstr("Energy")));
  json summary = with_energy(plain, "packages", {"GPU: no driver"});
  summary["reference"].update({{"flops", 1e9}, {"seconds", 2}, {"joules", 500}});
  write({kUniformArm, kWinningArm}, summary);
  const std::string page = report();
  EXPECT_THAT(page, HasSubstr("<td>1.50</td>\n<td>–</td>\n<td>–</td>\n<td>1.50</td>"));
  EXPECT_THAT(page, HasSubstr("<td>2.50</td>\n<td>0.500</td>\n<td>not counted</td>\n"
                              "<td>not counted</td>"));
  EXPECT_THAT(page, HasSubstr("the whole machine took there during the steps, other programs "
                              "included. Not counted: GPU: no driver."));
  EXPECT_THAT(page, HasSubstr("1.00 GFLOP and 2.00 s and 500 J"));
}

TEST_F(ReportTest, SaysWhyThereIsNoMeter) {
  json summary = with_energy(summary_of({kUniformArm, kWinningArm}), nullptr, {"packages: none"});
  write({kUniformArm, kWinningArm}, summary);
  EXPECT_THAT(report(), HasSubstr("No meter. Not counted: packages: none."));
  summary["energy"]["not_counted"] = 7;
  write({kUniformArm, kWinningArm}, summary);
  EXPECT_THAT(refusal(), HasSubstr("an array of strings at energy.not_counted"));
}

TEST_F(ReportTest, SaysHowManyRowsAreEvaluated) {
  json summary = summary_of({kUniformArm});
  write({kUniformArm}, summary);
  EXPECT_THAT(report(), HasSubstr("<td>60</td>"));
  json& eval = summary["data"]["eval"][0];
  eval["rows"] = 42083;
  for (const auto& [evaluated, shown] :
       {std::pair(1000, "<td>1,000 of 42,083</td>"), std::pair(42083, "<td>42,083</td>")}) {
    eval["evaluated"] = evaluated;
    write({kUniformArm}, summary);
    const std::string page = report();
    EXPECT_THAT(page, HasSubstr(shown));
    EXPECT_EQ(page.find("evaluations use n of them") == page.npos, evaluated == 42083);
  }
}

TEST_F(ReportTest, KeepsQuotedArgumentsOfTheCommandWhole) {
  json summary = summary_of({kUniformArm});
  summary["command"] = R"(jest-train pairs --out 'it'\''s  mine' --pool pool.tsv)";
  write({kUniformArm}, summary);
  const std::string page = report();
  for (const char* word : {"--out", "&#39;it&#39;\\&#39;&#39;s  mine&#39;", "pool.tsv"}) {
    EXPECT_THAT(page, HasSubstr(text("<span>", word, "</span>")));
  }
}

TEST_F(ReportTest, NamesFileAndLineOfWhatIsMalformed) {
  write({kUniformArm}, summary_of({kUniformArm}));
  std::ofstream(metrics_file(kUniformArm), std::ios::app) << R"({"event":"step","st)";
  EXPECT_THAT(refusal(), HasSubstr(metrics_file(kUniformArm).string() + " line 10"));
  std::ofstream(metrics_file(kUniformArm)) << R"({"event":"evaluation","step":"x"})";
  EXPECT_THAT(refusal(), HasSubstr("line 1: expected a number at step, got \"x\""));
  std::ofstream(metrics_file(kUniformArm)) << R"({"event":"evaluation","step":1,"r_at_1":0.5})";
  EXPECT_THAT(refusal(), HasSubstr("line 1: expected a field r_at_10, got none"));
  EXPECT_FALSE(std::filesystem::exists(output()));
}

/// Values are printed as they are found, which takes stack for every level of them.
TEST_F(ReportTest, RefusesWhatNestsWithoutEnd) {
  constexpr std::size_t kDeep = 200'000;
  const std::string deep = std::string(kDeep, '[') + std::string(kDeep, ']');
  write({kUniformArm}, summary_of({kUniformArm}));
  const std::string summary = read_file(folder_ / "summary.json");
  write_file(folder_ / "summary.json", "{\"command\":" + deep + "," + summary.substr(1));
  EXPECT_THAT(refusal(), HasSubstr((folder_ / "summary.json").string()));
  write_file(folder_ / "summary.json", summary);
  write_file(metrics_file(kUniformArm), R"({"event":"samples","step":1,"picked":[{"id":)" + deep +
                                            "}]}\n" + read_file(metrics_file(kUniformArm)));
  EXPECT_THAT(refusal(), HasSubstr("metrics.jsonl line 1"));
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

TEST_F(ReportTest, NamesWhatIsMissingOfTheMeasures) {
  const json summary = summary_of({kUniformArm});
  for (const char* field : {"task", "measures"}) {
    json without = summary;
    without.erase(field);
    write({kUniformArm}, without);
    EXPECT_THAT(refusal(), HasSubstr(text("expected a field ", field, ", got none")));
  }
  json changed = summary;
  changed["runs"][0]["role"] = "winner";
  write({kUniformArm}, changed);
  EXPECT_THAT(refusal(), HasSubstr("expected one of baseline, control, equal_compute, oracle, "
                                   "rival, contender, got 'winner'"));
  changed = summary;
  changed["measures"] = json::array();
  write({}, changed);
  EXPECT_THAT(refusal(), HasSubstr("expected at least one measure, got none"));
  changed["measures"] = {{{"name", "r_at_1"}, {"label", "R@1"}, {"higher_is_better", 1}}};
  write({}, changed);
  EXPECT_THAT(refusal(), HasSubstr("expected true or false at measures[0].higher_is_better"));
  changed = summary;
  changed["runs"][0]["evaluations"][2].erase("r_at_10");
  write({kUniformArm}, changed);
  EXPECT_THAT(refusal(), HasSubstr("expected a field runs[0].evaluations[2].r_at_10"));
  changed = summary;
  changed["data"]["eval"] = {{"path", "eval.tsv"}};
  write({kUniformArm}, changed);
  EXPECT_THAT(refusal(), HasSubstr("expected an array at data.eval"));
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
}  // namespace jest::apps::report

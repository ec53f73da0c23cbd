// Reports on measures of which lower values are better, and on several measures.
#include <gmock/gmock.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "apps/report/report_folder.hpp"
#include "report/summary_table.hpp"

namespace jest::apps::report {
namespace {

using ::testing::AllOf;
using testing::FakeArm;
using ::testing::HasSubstr;
using testing::json;
using testing::kLosingText;
using testing::kText;
using testing::kUniformArm;
using testing::kUniformText;
using testing::kWinningArm;
using testing::kWinningText;
using testing::measure;
using ::testing::Not;
using testing::summary_of;

class MeasuresTest : public testing::ReportFolder {
 protected:
  std::string report_on(const std::vector<FakeArm>& arms, const testing::FakeTask& task) const {
    write(arms, summary_of(arms, task));
    return report();
  }
};

TEST_F(MeasuresTest, LowerBitsPerByteWin) {
  const std::string page = report_on({kUniformText, kWinningText}, kText);
  EXPECT_THAT(page, HasSubstr("cascade reached 1.800 bits per byte after 600 steps; uniform 2.200 "
                              "after as many. It reached uniform&#39;s final score after 200 steps "
                              "(3.0 times fewer), at 0.667 times the compute"));
}

TEST_F(MeasuresTest, HigherBitsPerByteLose) {
  const std::string page = report_on({kUniformText, kLosingText}, kText);
  EXPECT_THAT(page, HasSubstr("cascade ended worse than uniform: 2.700 bits per byte"));
  EXPECT_THAT(page, HasSubstr("It did not reach uniform&#39;s final score"));
  EXPECT_THAT(page, HasSubstr(">missed<"));
}

TEST_F(MeasuresTest, TheBestArmHasTheLowestBitsPerByte) {
  const FakeArm better{"independent", {3, 2, 1.5}}, longer{"uniform@equal-compute", {3, 2, 1.9}};
  const std::string page = report_on({kUniformText, kWinningText, longer, better}, kText);
  EXPECT_THAT(page, HasSubstr("The best arm was independent with 1.500 bits per byte."));
  EXPECT_THAT(page, HasSubstr("reached 1.900 bits per byte after 300 steps, worse than cascade."));
}

TEST_F(MeasuresTest, ARivalCanBeTheBestArm) {
  const FakeArm filter{"filter:0.1", {3, 2, 1.4}}, oracle{"oracle:a", {3, 2, 1}};
  const std::string page = report_on({kUniformText, kWinningText, filter, oracle}, kText);
  EXPECT_THAT(page, HasSubstr("The best arm was filter:0.1 with 1.400 bits per byte."));
}

TEST_F(MeasuresTest, LabelsStandWhereverAMeasureDoes) {
  const std::string page = report_on({kUniformText, kWinningText}, kText);
  EXPECT_THAT(page, Not(HasSubstr("R@1")));
  for (const char* part : {">bits per byte, postgresql<", "To uniform&#39;s final bits per byte",
                           "Bits per byte over time", ">bits per byte (lower is better)<",
                           "at least as good as", "base-2 logarithm"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
}

TEST_F(MeasuresTest, ComparisonSaysWhatEachFolderMeasures) {
  const std::filesystem::path all = folder_;
  folder_ = all / "text";
  write({kUniformText, kWinningText}, summary_of({kUniformText, kWinningText}, kText));
  folder_ = all / "pairs";
  write({kUniformArm, kWinningArm}, summary_of({kUniformArm, kWinningArm}));
  folder_ = all;
  write_report({all / "text", all / "pairs"}, output());
  const std::string page = read_file(output());
  const std::string comparison = page.substr(0, page.find("id=\"experiment-1\""));
  EXPECT_THAT(comparison, AllOf(HasSubstr("Final score"), HasSubstr("bits per byte"),
                                HasSubstr("R@1"), Not(HasSubstr("Final R@1"))));
}

TEST_F(MeasuresTest, OneMeasureIsEnough) {
  const testing::FakeTask one{"images", json::array({measure("r_at_1", "R@1", true)})};
  const std::string page = report_on({kUniformArm, kWinningArm}, one);
  EXPECT_THAT(page, HasSubstr("joint reached R@1 0.740"));
  EXPECT_THAT(page, Not(HasSubstr("R@10")));
}

TEST(SummaryTable, ShowsFurtherMeasuresWithinEightyColumns) {
  const std::string table = summary_table(summary_of({kUniformText, kWinningText}, kText));
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_THAT(table, ::testing::ContainsRegex("arm +steps +bits per byte +FLOPs"));
  EXPECT_THAT(table, ::testing::ContainsRegex("cascade +600 +1.800 +2.00x +60.0"));
  EXPECT_THAT(table,
              ::testing::ContainsRegex("arm +bits per byte, git +bits per byte, postgresql"));
  EXPECT_THAT(table, ::testing::ContainsRegex("cascade +0.900 +0.900"));
}

}  // namespace
}  // namespace jest::apps::report

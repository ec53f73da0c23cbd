// Examples of picks in a report: pictures, text, and what must not reach the page.
#include <gmock/gmock.h>

#include <fstream>
#include <string>

#include "apps/report/report_folder.hpp"

namespace jest::apps::report {
namespace {

using ::testing::HasSubstr;
using testing::json;
using testing::kUniformArm;
using testing::kWinningArm;
using ::testing::Not;
using testing::summary_of;

class SamplesTest : public testing::ReportFolder {
 protected:
  /// The report on a run that recorded one picked example.
  std::string page_with(json sample) const {
    write({kUniformArm, kWinningArm}, summary_of({kUniformArm, kWinningArm}));
    sample.update({{"id", 12345}, {"score", 1.234}, {"tag", "a-tag"}});
    const json event = {{"event", "samples"}, {"step", 3}, {"picked", {sample}}};
    std::ofstream(metrics_file(kWinningArm)) << testing::evaluation_lines(kWinningArm) << event;
    return report();
  }
};

TEST_F(SamplesTest, PicturesStandBesideTheirNames) {
  const std::string page = page_with({{"image", "data:image/bmp;base64,Qk0+/A=="}, {"y", "a <b>"}});
  EXPECT_THAT(page, HasSubstr("<img "));
  EXPECT_THAT(page, HasSubstr("src=\"data:image/bmp;base64,Qk0+/A==\""));
  EXPECT_THAT(page, HasSubstr("a &lt;b&gt;"));
  EXPECT_THAT(page, HasSubstr("1.23"));
  EXPECT_THAT(page, HasSubstr("a-tag"));
}

TEST_F(SamplesTest, OnlyBitmapsInBase64AreShown) {
  for (const char* source :
       {"https://example.org/a.bmp", "data:image/svg+xml;base64,AAAA", "data:image/bmp;base64,",
        "data:image/bmp;base64,AA\" onerror=\"x", "data:image/bmp;base64,AA AA", "x.bmp",
        "data:image/bmp;base64,A=AA", "data:image/bmp;base64,A===", "javascript:x"}) {
    const std::string page = page_with({{"image", source}, {"y", "a name"}});
    EXPECT_THAT(page, Not(HasSubstr("<img"))) << source;
    EXPECT_THAT(page, Not(HasSubstr("onerror"))) << source;
    EXPECT_THAT(page, HasSubstr("a name")) << source;
    EXPECT_THAT(page, HasSubstr("no picture")) << source;
  }
}

TEST_F(SamplesTest, TextKeepsItsLinesAndIsEscaped) {
  const std::string page =
      page_with({{"text", "</div><script>a()</script>\n\n  b & \x1b[2J\xe2\x80\xae c"}});
  EXPECT_THAT(page, HasSubstr("class=\"passage\""));
  EXPECT_THAT(page,
              HasSubstr("&lt;/div&gt;&lt;script&gt;a()&lt;/script&gt;\n\n  b &amp; \uFFFD[2J"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, HasSubstr("1.23"));
  EXPECT_THAT(page, HasSubstr("a-tag"));
}

TEST_F(SamplesTest, LongTextIsCutBetweenCharacters) {
  std::string umlauts;
  for (int i = 0; i < 400; ++i) umlauts += "ü";
  const std::string page = page_with({{"text", "a" + umlauts}});
  EXPECT_THAT(page, HasSubstr("ü…<"));
}

TEST_F(SamplesTest, WhatHoldsNothingIsKnownByItsId) {
  EXPECT_THAT(page_with({{"text", ""}}), HasSubstr("<code>12345</code>"));
}

}  // namespace
}  // namespace jest::apps::report

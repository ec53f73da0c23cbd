#include "report/shell_words.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "jest/core/error.hpp"

namespace jest::apps::report {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

TEST(ShellQuoted, LeavesPlainArgumentsAlone) {
  for (const char* plain : {"--out", "a/b_c-D.tsv,E9", "joint:interaction=0.3@50%", "oracle:a+b"}) {
    EXPECT_EQ(shell_quoted(plain), plain);
  }
}

TEST(ShellQuoted, PutsAllElseInSingleQuotes) {
  EXPECT_EQ(shell_quoted(""), "''");
  EXPECT_EQ(shell_quoted("my runs"), "'my runs'");
  EXPECT_EQ(shell_quoted("it's"), R"('it'\''s')");
  for (const char* special : {"$HOME", "a;b", "a&b", "*", "~", "a\\b", "\"", "`x`", "a\nb", "é"}) {
    EXPECT_EQ(shell_quoted(special), text("'", special, "'"));
  }
}

TEST(ShellWords, AreTheQuotedArguments) {
  std::vector<std::string> quoted;
  std::string command;
  for (const char* argument :
       {"jest-train", "", "two  blanks", "it's", "''", "\\", "\\' '", "a\nb"}) {
    quoted.push_back(shell_quoted(argument));
    command += quoted.back() + " ";
  }
  EXPECT_THAT(shell_words(command), ElementsAreArray(quoted));
}

TEST(ShellWords, OfOlderCommandsAreWhatBlanksPart) {
  EXPECT_THAT(shell_words(" jest-train  --name \"<b>\"\n"),
              ElementsAre("jest-train", "--name", "\"<b>\""));
  EXPECT_THAT(shell_words("--out it's here"), ElementsAre("--out", "it's here"));
  EXPECT_THAT(shell_words(" "), ElementsAre());
}

}  // namespace
}  // namespace jest::apps::report

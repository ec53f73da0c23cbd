#include "toml_options.hpp"

#include <gmock/gmock.h>

#include "jest/core/error.hpp"

namespace jest::apps {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

/// The options above all tables, as words.
std::vector<std::pair<std::string, std::vector<std::string>>> options_of(const std::string& text) {
  std::vector<std::pair<std::string, std::vector<std::string>>> all;
  const auto sections = read_toml(text, "run.toml");
  for (const TomlOption& option : sections.front().options) {
    all.emplace_back(option.name, std::vector<std::string>{});
    for (const TomlValue& value : option.values) all.back().second.push_back(word_of(value));
  }
  return all;
}

std::vector<std::string> words_of(const std::string& text) { return options_of(text).at(0).second; }

std::string refusal_of(const std::string& text) {
  try {
    read_toml(text, "run.toml");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Toml, StringsHoldWhatIsBetweenTheirQuotes) {
  EXPECT_THAT(words_of("out = \"runs#1\" # a comment"), ElementsAre("runs#1"));
  EXPECT_THAT(words_of("out = '#1'"), ElementsAre("#1"));
  EXPECT_THAT(words_of(R"(out = 'a\b "c" [d], = ')"), ElementsAre(R"(a\b "c" [d], = )"));
  EXPECT_THAT(words_of(R"(out = "a\tb \u00e4 'c'")"), ElementsAre("a\tb \xc3\xa4 'c'"));
  EXPECT_THAT(words_of("out = \"\"\"\nline\nline\"\"\""), ElementsAre("line\nline"));
  EXPECT_THAT(words_of("out = ''"), ElementsAre(""));
}

TEST(Toml, NumbersAreWordsAsPythonWritesThem) {
  EXPECT_THAT(words_of("n = [1_000, 0x10, -5, +7]"), ElementsAre("1000", "16", "-5", "7"));
  EXPECT_THAT(words_of("n = [0.004, 1.0, 1e5, 1e-5, 1e16, -2.50]"),
              ElementsAre("0.004", "1.0", "100000.0", "1e-05", "1e+16", "-2.5"));
  EXPECT_THAT(words_of("flag = true"), ElementsAre("true"));
}

TEST(Toml, ArraysMayTakeSeveralLines) {
  for (const char* text :
       {"arms = ['a', 'b']", "arms = [\n  'a',\n  'b'\n]\n", "arms = [\n'a',\n'b',\n]",
        "arms = ['a', # first ]\n  # second\n'b'] # both", "arms=['a','b',]"}) {
    EXPECT_THAT(words_of(text), ElementsAre("a", "b")) << text;
  }
  EXPECT_THAT(words_of("arms = []"), IsEmpty());
  EXPECT_TRUE(read_toml("arms = ['a']", "").front().options.front().is_list);
  EXPECT_FALSE(read_toml("arms = 'a'", "").front().options.front().is_list);
}

TEST(Toml, TablesNameTheirPath) {
  const auto sections = read_toml("a = 1\n[probe.text]\nb = 2\n", "run.toml");
  ASSERT_EQ(sections.size(), 3);
  EXPECT_THAT(sections[0].path, IsEmpty());
  EXPECT_THAT(sections[1].path, ElementsAre("probe"));
  EXPECT_THAT(sections[2].path, ElementsAre("probe", "text"));
  EXPECT_EQ(sections[2].options.front().name, "b");
  EXPECT_EQ(read_toml("text.steps = 3", "").at(1).options.front().name, "steps");
  EXPECT_EQ(read_toml("", "").size(), 1);
}

TEST(Toml, EveryOptionSaysWhereItStands) {
  const auto sections = read_toml("\n  gain = 5\n[text]\n", "run.toml");
  EXPECT_EQ(sections[0].options.front().place, "run.toml, line 2, column 3");
  EXPECT_THAT(sections[1].place, StartsWith("run.toml, line 3, column "));
}

TEST(Toml, AByteOrderMarkIsNoPartOfTheFirstKey) {
  EXPECT_EQ(options_of("\xef\xbb\xbfgain = 5").front().first, "gain");
}

TEST(Toml, WhatIsNoTomlIsRefusedWithItsPlace) {
  for (const char* text :
       {"gain =\n", "gain = 5 6", "gain", "out = \"a\nout = \"b\"", "arms = ['a'",
        "arms = ['a' 'b']", "gain = 1\ngain = 2", "[text]\n[text]\n", "gain = 010", "out = 'a\xff'",
        "out = bare", "gain = 99999999999999999999", "= 1", "[text\ngain = 1"}) {
    EXPECT_THAT(refusal_of(text), StartsWith("run.toml, line ")) << text;
    EXPECT_THAT(refusal_of(text), HasSubstr("expected TOML, got ")) << text;
  }
  EXPECT_THAT(refusal_of("a = 1\nb = 2\na = 3"), StartsWith("run.toml, line 3, column "));
}

TEST(Toml, WhatNoOptionCanBeIsRefusedWithItsPlace) {
  for (const char* value :
       {"1979-05-27", "07:32:00", "inf", "-nan", "[[1]]", "[{a = 1}]", "\"a\\u0000b\""}) {
    EXPECT_THAT(refusal_of(std::string("a = 1\nb = ") + value), StartsWith("run.toml, line 2, "))
        << value;
  }
  EXPECT_THAT(refusal_of("[[text]]\na = 1"), HasSubstr("a table"));
}

}  // namespace
}  // namespace jest::apps

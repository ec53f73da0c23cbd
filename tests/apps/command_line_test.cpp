#include "command_line.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "config_file.hpp"

namespace jest::apps {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

using Words = std::vector<std::string>;

/// A program with two commands, one of them below another.
class Program : public ::testing::Test {
 protected:
  void SetUp() override {
    add_options(*app_.add_subcommand("train"));
    add_options(*app_.add_subcommand("probe")->add_subcommand("text"));
    app_.add_subcommand("report")->add_option("DIR", folders_)->type_name("PATH");
    app_.add_option("--config", config_);
  }
  void TearDown() override {
    if (std::filesystem::is_regular_file(file_)) std::filesystem::remove(file_);
  }

  void add_options(CLI::App& command) {
    command.fallthrough();
    command.add_option("--out", out_)->type_name("PATH");
    command.add_option("--eval", eval_)->type_name("PATH");
    command.add_option("--arms", arms_)->delimiter(',');
    command.add_option("--gain", gain_);
    command.add_option("--steps", steps_);
    command.add_option("--interaction", interaction_);
    command.add_flag("--resume", resume_);
  }

  /// What the program prints when it is refused, or an empty string.
  std::string run(Words words) {
    words.insert(words.begin(), "program");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    ::testing::internal::CaptureStderr();
    const int status = run_program(app_, static_cast<int>(argv.size()), argv.data(),
                                   [&](CommandWords& line, Places& places) {
                                     if (!file_.empty()) add_config_file(file_, line, places);
                                   });
    const std::string said = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(status, said.empty() ? 0 : 1);
    return said;
  }

  /// The same with a file.
  std::string run_with(const std::string& content, const Words& words = {"train"}) {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    file_ = std::filesystem::path(::testing::TempDir()) / (std::string(test->name()) + ".toml");
    std::ofstream(file_) << content;
    return run(words);
  }

  CLI::App app_{"", "program"};
  std::filesystem::path file_;
  std::string config_, out_, interaction_;
  std::vector<std::string> eval_, arms_, folders_;
  double gain_ = 0;
  std::int64_t steps_ = 0;
  bool resume_ = false;
};

TEST_F(Program, TakesNoOptionForAValue) {
  for (const Words& words :
       {Words{"train", "--out=", "--resume"}, Words{"train", "--out=", "--steps", "4"},
        Words{"train", "--out="}, Words{"train", "--out", ""}, Words{"train", "--out"},
        Words{"train", "--out", "--resume"}, Words{"train", "--gain", "1", "--out="}}) {
    EXPECT_THAT(run(words), StartsWith("program: --out: expected a value"));
    EXPECT_EQ(out_, "");
    EXPECT_FALSE(resume_);
  }
  EXPECT_THAT(run({"train", "--gain", ""}),
              HasSubstr("--gain: expected a value, got an empty one"));
  EXPECT_THAT(run({"train", "--resume="}), HasSubstr("--resume: expected a value after ="));
}

TEST_F(Program, TakesPathsAsTheyStand) {
  for (const char* path : {"a b", "a,b", "[a,b]", "{}x", "{x}", "-x", "--x", "a=b", "'q'", "\"q\"",
                           "new\nline", "\xe9", "a\\b", "%d", "~", "*"}) {
    EXPECT_EQ(run({"train", std::string("--out=") + path, std::string("--eval=") + path}), "");
    EXPECT_EQ(out_, path);
    EXPECT_THAT(eval_, ElementsAre(path));
  }
  EXPECT_EQ(run({"report", "[a]", "b,c"}), "");
  EXPECT_THAT(folders_, ElementsAre("./[a]", "b,c"));
}

TEST_F(Program, TakesSeveralValuesAsWordsOrByRepeating) {
  EXPECT_EQ(run({"train", "--eval", "a,b", "c", "--out", "o", "--eval=d"}), "");
  EXPECT_THAT(eval_, ElementsAre("a,b", "c", "d"));
  EXPECT_EQ(run({"train", "--arms", "a,b", "c", "--arms=d,e"}), "");
  EXPECT_THAT(arms_, ElementsAre("a", "b", "c", "d", "e"));
  for (const char* arms : {",", "a,", "a,,b", ""}) {
    EXPECT_THAT(run({"train", "--arms", arms}), HasSubstr("--arms: expected a value")) << arms;
  }
}

TEST_F(Program, ReadsNumbersToTheLastCharacter) {
  for (const char* word : {" 5", "5 ", "+5", "0x5", "1e999", "x"}) {
    EXPECT_THAT(run({"train", "--gain", word}), HasSubstr("--gain: expected a number, got"));
  }
  EXPECT_EQ(run({"train", "--gain", "-1e-3", "--steps", "-4"}), "");
  EXPECT_EQ(gain_, -1e-3);
  EXPECT_EQ(steps_, -4);
}

TEST_F(Program, TakesAFileForWhatIsNotGiven) {
  EXPECT_EQ(run_with("steps = 3\nout = 'a,b # c'\n[train]\ngain = 5\narms = [\n 'a', 'b'\n]\n"
                     "eval = ['x,y', 'z']\nresume = true\ninteraction = 1.0\n",
                     {"train", "--steps", "7"}),
            "");
  EXPECT_EQ(steps_, 7);
  EXPECT_EQ(out_, "a,b # c");
  EXPECT_EQ(gain_, 5);
  EXPECT_THAT(arms_, ElementsAre("a", "b"));
  EXPECT_THAT(eval_, ElementsAre("x,y", "z"));
  EXPECT_TRUE(resume_);
  EXPECT_EQ(interaction_, "1.0");
}

TEST_F(Program, TakesTheTableOfItsCommandAlone) {
  const Words probe = {"probe", "text"};
  EXPECT_EQ(run_with("[probe.text]\nsteps = 3\n", probe), "");
  EXPECT_EQ(steps_, 3);
  for (const char* content :
       {"[train]\nsteps = 3\n", "[train]\n", "[probe.images]\n", "[text]\n", "[probe.text.more]\n",
        "title = 'x'\n", "help = true\n", "config = 'x'\n", "'' = 1\n", "[probe]\nsteps = 1\n"}) {
    EXPECT_THAT(run_with(content, probe), HasSubstr(".toml, line 1, column ")) << content;
  }
  EXPECT_THAT(run_with("bogus = 3", probe),
              HasSubstr("expected an option of probe text, got 'bogus'"));
}

TEST_F(Program, TakesNoValueOfAnotherKind) {
  for (const char* line :
       {"gain = ''",        "gain = '5'",         "gain = true",     "gain = [1, 2]",
        "steps = 1.0",      "steps = '1'",        "out = 5",         "out = true",
        "out = ''",         "out = ['a', 'b']",   "arms = []",       "arms = ['']",
        "arms = [true]",    "arms = ['a,b']",     "arms = 'a,'",     "eval = [1]",
        "eval = ['a', '']", "resume = 1",         "resume = 'true'", "resume = [true]",
        "interaction = ''", "interaction = false"}) {
    const std::string name = std::string(line).substr(0, std::string(line).find(' '));
    EXPECT_THAT(run_with(std::string("\n") + line),
                HasSubstr(".toml, line 2, column 1: --" + name + ": expected "))
        << line;
  }
}

TEST_F(Program, TakesAKeyOnce) {
  EXPECT_THAT(run_with("steps = 1\nsteps = 2\n"), HasSubstr("line 2"));
  EXPECT_THAT(run_with("steps = 1\n[train]\nsteps = 2\n"),
              AllOf(HasSubstr("line 3"), HasSubstr("line 1")));
}

TEST_F(Program, SaysWhereAFileSaysWhatIsRefusedLater) {
  app_.get_subcommand("train")->callback([this] {
    if (gain_ < 0) refuse("--gain", "at least 0", gain_);
    if (steps_ > 9) refuse("--steps, all of them", "at most 9", steps_);
  });
  EXPECT_THAT(run_with("gain = -1"),
              HasSubstr(".toml, line 1, column 1: --gain: expected at least"));
  EXPECT_THAT(run_with("gain = 1\nsteps = 10"),
              HasSubstr(".toml, line 2, column 1: --steps, all of them"));
  EXPECT_THAT(run_with("gain = 1", {"train", "--gain=-1"}), StartsWith("program: --gain: "));
}

TEST_F(Program, NamesAFolderGivenAsAFile) {
  file_ = ::testing::TempDir();
  EXPECT_THAT(run({"train"}), AllOf(HasSubstr("--config"), EndsWith("a folder\n")));
}

}  // namespace
}  // namespace jest::apps

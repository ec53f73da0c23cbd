// Methods by name: what they are, and what find_method and their table say.
#include "jest/methods/methods.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "oracle/message_of.hpp"

namespace jest {
namespace {

using oracle::message_of;
using ::testing::HasSubstr;

TEST(Methods, HaveDistinctNamesAndTheirPapers) {
  std::set<std::string_view> names;
  for (const Method& method : kMethods) {
    EXPECT_TRUE(names.insert(method.name).second) << method.name;
    EXPECT_EQ(find_method(method.name).name, method.name);
    const bool of_no_paper = method.name == "uniform" || method.name == "cascade";
    EXPECT_EQ(method.paper.empty(), of_no_paper) << method.name;
    EXPECT_NO_THROW(check_method(method)) << method.name;
  }
  const std::string said = message_of([] { find_method("rho"); });
  for (const Method& method : kMethods) EXPECT_THAT(said, HasSubstr(method.name));
}

TEST(Methods, AskForAReferenceWhereTheyNeedOne) {
  const std::set<std::string_view> without = {"uniform", "selective-backprop", "greats", "divbs",
                                              "gradient-norm"};
  for (const Method& method : kMethods) {
    EXPECT_EQ(method.uses_reference(), !without.contains(method.name)) << method.name;
  }
}

TEST(Methods, FixWhatTheirPapersFixAndLeaveTheRestToTheUser) {
  const Sampling users{.chunks = 5, .gain = 30, .interaction = {0.5, 7}};
  const Sampling jest = kJest.sampling.with(users, 64);
  EXPECT_EQ(jest.chunks, 16);
  EXPECT_EQ(jest.gain, 100);
  EXPECT_EQ(jest.interaction.value, 1);
  EXPECT_EQ(kJest.sampling.with(users, 4).chunks, 4) << "no more chunks than picks";
  const Sampling open = kCascade.sampling.with(users, 64);
  EXPECT_EQ(open.chunks, 5);
  EXPECT_EQ(open.gain, 30);
  EXPECT_EQ(open.interaction.start, 7);
  EXPECT_EQ(kRhoLoss.sampling.with(users, 64).chunks, std::nullopt) << "a rank has one round";
}

TEST(Methods, WithImpossibleParametersAreRefusedByName) {
  const auto message = [](Method method) { return message_of([&] { check_method(method); }); };
  Method method = kAced;
  method.objective = Distilling{.weight = 0};
  EXPECT_THAT(message(method), HasSubstr("method aced: expected a finite weight above 0, got 0"));
  method = kDrrho;
  method.objective = Reweighting{.temperature = -1};
  EXPECT_THAT(message(method), HasSubstr("temperature"));
  method = kRho1;
  method.objective = TokenChoice{.share = 1.5};
  EXPECT_THAT(message(method), HasSubstr("share of tokens"));
  method = kInfomax;
  method.rule = ByDiversity{.strength = -1};
  EXPECT_THAT(message(method), HasSubstr("diversity"));
  method = kSelectiveBackprop;
  method.rule = ByLossRanks{.power = 0};
  EXPECT_THAT(message(method), HasSubstr("rank power"));
  method = kGreats;
  method.rule = ByGradients{.refresh_every = 0};
  EXPECT_THAT(message(method), HasSubstr("refreshes"));
  method = kJest;
  method.score = {0, 0};
  EXPECT_THAT(message(method), HasSubstr("other than 0"));
}

TEST(MethodTable, HasARowOfEveryMethodWithItsParameters) {
  const std::string table = method_table(kMethods);
  for (const Method& method : kMethods)
    EXPECT_THAT(table, HasSubstr(text("| `", method.name, "` |")));
  EXPECT_THAT(table, HasSubstr("| `jest` | losses, weights 1, 1 | joint, N 16, gain 100, κ 1 | own "
                               "loss | run or stored | Evans et al. 2024"));
  EXPECT_THAT(table, HasSubstr("temperature 1"));
  EXPECT_THAT(table, HasSubstr("at least the learner's size"));
}

}  // namespace
}  // namespace jest

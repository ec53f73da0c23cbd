#include "jest/criteria/count_guide.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <thread>

#include "jest/select/select.hpp"
#include "oracle/message_of.hpp"
#include "oracle/naive_counts.hpp"

namespace jest {
namespace {

using oracle::CountRow;
using oracle::message_of;

/// Rows in the form that a guide takes.
template <class Unit>
struct Packed {
  std::vector<Unit> units;
  std::vector<std::int64_t> ends, ids;

  explicit Packed(const std::vector<CountRow>& rows) {
    for (const CountRow& row : rows) {
      for (const std::uint32_t unit : row.units) units.push_back(static_cast<Unit>(unit));
      ends.push_back(std::ssize(units));
      ids.push_back(row.id);
    }
  }
  UnitRows<Unit> rows() const { return {units, ends, ids}; }
};

/// Rows of 0 to 30 units, small ones likelier, whose ids count from `first`.
std::vector<CountRow> made_rows(std::int64_t first, int rows, std::uint32_t alphabet, double bend) {
  std::mt19937 generator(static_cast<unsigned>(first) + 1);
  std::uniform_real_distribution<double> uniform;
  std::vector<CountRow> made;
  for (int row = 0; row < rows; ++row) {
    oracle::Words units(generator() % 31);
    for (auto& unit : units) {
      unit = static_cast<std::uint32_t>(alphabet * std::pow(uniform(generator), bend));
    }
    made.push_back({first + row, units});
  }
  return made;
}

struct Case {
  std::vector<CountRow> curated, background, asked;
};

/// Curated rows stand in the pool, too, one of them twice among the curated ones; some rows asked
/// about are in neither.
Case made_case(std::uint32_t alphabet) {
  Case made{made_rows(1000, 12, alphabet, 3), made_rows(0, 40, alphabet, 2),
            made_rows(5000, 8, alphabet, 3)};
  made.curated.push_back(made.curated[2]);
  made.background.push_back(made.curated[4]);
  made.asked.insert(made.asked.end(), made.curated.begin(), made.curated.end());
  made.asked.insert(made.asked.end(), made.background.begin(), made.background.end());
  return made;
}

template <class Unit, class Counts>
void expect_oracle(const CountGuideSpec& spec, std::uint32_t alphabet) {
  const Case made = made_case(alphabet);
  const Packed<Unit> curated(made.curated), background(made.background), asked(made.asked);
  const CountGuide guide(curated.rows(), background.rows(), spec);
  const CountedLosses got = guide.losses(asked.rows());
  for (std::size_t k = 0; k < made.asked.size(); ++k) {
    const double expected =
        oracle::naive_loss<Counts>(made.asked[k], made.curated, made.background, spec);
    EXPECT_NEAR(got.losses[k], expected, 2e-6 * (1 + std::abs(expected))) << "row " << k;
  }
  EXPECT_GT(guide.operations(), 0);
  EXPECT_GT(got.operations, 0);
}

// With 2^22 buckets none of the few n-grams here share one.
TEST(CountGuide, HashedIsTheBagOfNgrams) {
  expect_oracle<std::uint8_t, oracle::NaiveBag>({.shortest = 1, .longest = 3, .bucket_bits = 22},
                                                5);
  expect_oracle<std::uint8_t, oracle::NaiveBag>({.bucket_bits = 22, .smoothing = 0.1, .seed = 9},
                                                3);
  CountGuideSpec words = kHashedWords;
  words.bucket_bits = 22;
  expect_oracle<std::uint32_t, oracle::NaiveBag>(words, 1 << 21);
}

TEST(CountGuide, InterpolatedIsItsDefinition) {
  expect_oracle<std::uint8_t, oracle::NaiveLaw>(kInterpolatedBytes, 4);
  expect_oracle<std::uint8_t, oracle::NaiveLaw>(kInterpolatedBytes, 256);
  expect_oracle<std::uint32_t, oracle::NaiveLaw>(kInterpolatedWords, 1 << 21);
  expect_oracle<std::uint32_t, oracle::NaiveLaw>({.kind = CountKind::kInterpolated,
                                                  .alphabet = 3,
                                                  .shortest = 1,
                                                  .longest = 7,
                                                  .discount = 0.5,
                                                  .seed = 4},
                                                 3);
}

TEST(CountGuide, ARowByItselfIsLeftOutEntirely) {
  const Packed<std::uint8_t> curated({{7, {1, 2, 3}}});
  const Packed<std::uint8_t> background(made_rows(0, 20, 8, 1));
  const CountGuide guide(curated.rows(), background.rows(), kInterpolatedBytes);
  const std::vector<CountRow> none;
  const double expected = oracle::naive_loss<oracle::NaiveLaw>(
      {7, {1, 2, 3}}, none, made_rows(0, 20, 8, 1), kInterpolatedBytes);
  EXPECT_NEAR(guide.losses(curated.rows()).losses[0], expected, 1e-5);
}

TEST(CountGuide, ABackgroundRowDoesNotCountForItself) {
  const std::vector<CountRow> curated = made_rows(1000, 9, 6, 2);
  std::vector<CountRow> background = made_rows(0, 30, 6, 2);
  const Packed<std::uint8_t> packed(curated), before(background);
  background[3].units = {5, 5, 5, 5, 5, 5, 5, 5, 5};
  const Packed<std::uint8_t> asked(std::vector<CountRow>{{3, {0, 1, 0, 1, 5, 5, 5, 5}}}),
      after(background);
  for (const CountGuideSpec& spec : {kHashedBytes, kInterpolatedBytes}) {
    EXPECT_EQ(CountGuide(packed.rows(), before.rows(), spec).losses(asked.rows()).losses,
              CountGuide(packed.rows(), after.rows(), spec).losses(asked.rows()).losses);
  }
}

TEST(CountGuide, ManyThreadsMayAsk) {
  const Case made = made_case(9);
  const Packed<std::uint8_t> curated(made.curated), background(made.background), asked(made.asked);
  const CountGuide guide(curated.rows(), background.rows(), kInterpolatedBytes);
  const std::vector<float> expected = guide.losses(asked.rows()).losses;
  std::vector<std::vector<float>> got(4);
  std::vector<std::thread> threads;
  for (auto& each : got) {
    threads.emplace_back([&] { each = guide.losses(asked.rows()).losses; });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(got, ::testing::Each(expected));
}

TEST(CountGuide, IsAReference) {
  const Packed<std::uint8_t> curated(made_rows(1000, 9, 4, 3)), pool(made_rows(0, 40, 9, 1));
  // [guide]
  const CountGuide guide(curated.rows(), pool.rows(), kInterpolatedBytes);
  const CountedLosses counted = guide.losses(pool.rows());
  const Losses losses{.learner = {}, .reference = counted.losses, .ids = pool.ids};
  const Selection picks = select(losses, {.count = 8, .seed = 7}, kEasyReference);
  // [guide]
  EXPECT_EQ(picks.indices.size(), 8U);
}

TEST(CountGuide, WordsAreHashed) {
  const std::vector<std::uint32_t> words = hashed_words("\tone two\r\n one ");
  EXPECT_THAT(words, ::testing::ElementsAre(fnv1a("one") >> 43, fnv1a("two") >> 43, words[0]));
  EXPECT_THAT(hashed_words(" \n"), ::testing::IsEmpty());
}

std::string refused(const std::vector<CountRow>& curated, const CountGuideSpec& spec = {},
                    int background = 30) {
  const Packed<std::uint8_t> some(curated), pool(made_rows(0, background, 200, 1));
  return message_of([&] { CountGuide(some.rows(), pool.rows(), spec); });
}

TEST(CountGuide, RefusesInALine) {
  using ::testing::HasSubstr;
  const std::vector<CountRow> fine{{1000, {1, 2, 3, 4}}};
  EXPECT_THAT(refused({}), HasSubstr("a curated row that is not empty, got none"));
  EXPECT_THAT(refused({{1000, {1, 2, 3}}}), HasSubstr("a curated row of at least 4 units"));
  EXPECT_THAT(refused({{-1, {1}}}), HasSubstr("ids of at least 0, got -1"));
  EXPECT_THAT(refused(fine, {.alphabet = 100}), HasSubstr("units below 100, got"));
  EXPECT_THAT(refused(fine, {.longest = 8}), HasSubstr("<= 7 units of 8 bits, got 4 to 8"));
  EXPECT_THAT(refused(fine, {.shortest = 0}), HasSubstr("got 0 to 4"));
  EXPECT_THAT(refused(fine, {.bucket_bits = 40}), HasSubstr("1 to 28 bits of buckets, got 40"));
  EXPECT_THAT(refused(fine, {.smoothing = 0}), HasSubstr("a smoothing above 0, got 0"));
  EXPECT_THAT(refused(fine, {.kind = CountKind::kInterpolated}),
              HasSubstr("from n-grams of 1 unit"));
  EXPECT_THAT(refused(fine, {.kind = CountKind::kInterpolated, .shortest = 1, .discount = 1}),
              HasSubstr("a discount between 0 and 1, got 1"));
  EXPECT_THAT(refused(fine, {}, 1), HasSubstr("background rows in both halves"));
}

TEST(CountGuide, RefusesAnotherRowUnderTheIdOfACuratedOne) {
  const Packed<std::uint8_t> curated({{1000, {1, 2, 3, 4, 5}}}), background(made_rows(0, 30, 9, 1)),
      other({{1000, {5, 4, 3, 2, 1}}});
  for (const CountGuideSpec& spec : {kHashedBytes, kInterpolatedBytes}) {
    const CountGuide guide(curated.rows(), background.rows(), spec);
    EXPECT_THAT(message_of([&] { guide.losses(other.rows()); }),
                ::testing::HasSubstr("a row with the id of a curated row to be that row"));
  }
}

}  // namespace
}  // namespace jest

// How much of a batch says the same twice.
#include <gtest/gtest.h>

#include "oracle/safetensors_bytes.hpp"
#include "train/text/near_duplicates.hpp"

namespace jest::apps::train {
namespace {

class NearDuplicates : public oracle::SafetensorsTest {
 protected:
  double share(const std::vector<std::string>& sequences) {
    std::string bytes;
    std::vector<std::int64_t> ids;
    for (const std::string& sequence : sequences) {
      bytes += sequence;
      ids.push_back(static_cast<std::int64_t>(ids.size()));
    }
    const auto rows = static_cast<std::int64_t>(sequences.size());
    const auto length = static_cast<std::int64_t>(sequences.front().size());
    write_safetensors(folder_.file("t"),
                      {{"bytes", {"U8", {rows, length}, std::as_bytes(std::span(bytes))}},
                       {"ids", {"I64", {rows}, oracle::bytes_of(ids)}}},
                      {});
    const auto table = read_bytes(folder_.file("t"));
    return near_duplicate_share(ByteBatch({table, all_rows(*table)}));
  }
};

TEST_F(NearDuplicates, AreThoseThatShareMoreThanHalfOfTheirRuns) {
  const std::string text = "the licence of this program is free";
  std::string shifted = text.substr(3) + "...";
  std::string other = "an altogether different sentence so";
  EXPECT_EQ(share({text, text, other, other.substr(1) + "!"}), 1);
  EXPECT_EQ(share({text, shifted, other}), 2.0 / 3);
  EXPECT_EQ(share({text, other}), 0);
}

TEST_F(NearDuplicates, HalfIsNotMoreThanHalf) {
  // Nine bytes have two runs of eight; one of them is shared.
  EXPECT_EQ(share({"abcdefghX", "abcdefghY"}), 0);
  EXPECT_EQ(share({"abcdefghij", "abcdefghiY"}), 1);  // two of three
}

TEST_F(NearDuplicates, ABatchOfOneHasNone) { EXPECT_EQ(share({"abcdefghi"}), 0); }

TEST_F(NearDuplicates, ShorterThanARunAreNone) { EXPECT_EQ(share({"abc", "abc"}), 0); }

}  // namespace
}  // namespace jest::apps::train

// One bit of the files that a report is made from is another.
#include <gmock/gmock.h>

#include "apps/report/report_folder.hpp"
#include "oracle/flipped_bits.hpp"
#include "parse_json.hpp"
#include "report/summary_table.hpp"

namespace jest::testing {
namespace {

class FlippedBitsOfAReport : public ReportFolder {
 protected:
  /// With checksums, as jest-train writes them.
  void SetUp() override {
    ReportFolder::SetUp();
    const FakeArm arm{"uniform", {.2, .4}};
    write({arm}, summary_of({arm}));
    write_file(folder_ / "summary.json", with_checksum(read_file(folder_ / "summary.json")) + "\n");
    std::istringstream lines(read_file(metrics_file(arm)));
    std::string checked;
    for (std::string line; std::getline(lines, line);) checked += with_checksum(line) + "\n";
    write_file(metrics_file(arm), checked);
  }

  /// The page is slow to make of each flip: one bit in `every`.
  oracle::FlippedBits flips(const std::filesystem::path& path, int every) {
    return oracle::flip_every_bit(
        path, path.filename().string(), [this] { return report(); }, every);
  }
};

TEST_F(FlippedBitsOfAReport, AreFound) {
  const int bits_of_a_key = 8 * 9;
  for (const char* name : {"summary.json", "uniform-seed0/metrics.jsonl"}) {
    SCOPED_TRACE(name);
    const auto found = flips(folder_ / name, 7);
    EXPECT_THAT(found.believed, ::testing::IsEmpty());
    EXPECT_LE(found.same, 6 * bits_of_a_key);
    EXPECT_GT(found.refused, 600);
  }
}

/// The page by itself is too slow for every bit.
TEST_F(FlippedBitsOfAReport, AreFoundWhereTheSummaryIsParsed) {
  const auto path = folder_ / "summary.json";
  const json whole = apps::parse_json(read_file(path), "read");
  const auto answer = [&] {
    const json read = apps::parse_json(read_file(path), "read summary.json");
    json known;
    for (const auto& [key, value] : whole.items()) {
      if (key != "crc32") known[key] = read.at(key);
    }
    return known.dump();
  };
  oracle::expect_no_bit_is_believed(path, "summary.json", answer, 8 * 9);
}

}  // namespace
}  // namespace jest::testing

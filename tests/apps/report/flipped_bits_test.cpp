// One bit of the files that a report is made from is another.
#include <gmock/gmock.h>

#include "apps/report/report_folder.hpp"
#include "oracle/flipped_bits.hpp"
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

}  // namespace
}  // namespace jest::testing

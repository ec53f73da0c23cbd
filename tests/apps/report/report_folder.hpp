#pragma once
// A folder with made-up runs, and the report on it.

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "apps/report/fake_experiment.hpp"
#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "report/report.hpp"

namespace jest::testing {

class ReportFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(::testing::TempDir()) / text("report-", test->name());
    std::filesystem::remove_all(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::vector<FakeArm>& arms, const json& summary) const {
    const FakeTask task{summary.value("task", kPairs.task),
                        summary.value("measures", kPairs.measures)};
    for (const FakeArm& arm : arms) {
      std::filesystem::create_directories(metrics_file(arm).parent_path());
      std::ofstream(metrics_file(arm)) << metrics_of(arm, task);
    }
    std::ofstream(folder_ / "summary.json") << summary;
  }
  std::filesystem::path metrics_file(const FakeArm& arm) const {
    return folder_ / text(arm.arm, "-seed", arm.seed) / "metrics.jsonl";
  }
  std::filesystem::path output() const { return folder_ / "report.html"; }
  std::string report() const {
    apps::report::write_report({folder_}, output());
    return read_file(output());
  }
  std::string refusal() const {
    try {
      apps::report::write_report({folder_}, output());
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  std::filesystem::path folder_;
};

}  // namespace jest::testing

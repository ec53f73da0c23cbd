// A folder that goes with its program.
#include "prepare/temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"
#include "prepare/child_process.hpp"

namespace jest::studies {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class TemporaryFolders : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const char* before = std::getenv("TMPDIR")) before_ = before;
    ::setenv("TMPDIR", folder_.file("").c_str(), 1);
  }
  void TearDown() override {
    before_.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before_.c_str(), 1);
  }

  oracle::TemporaryFolder folder_;
  std::string before_;
};

TEST_F(TemporaryFolders, GoWithTheirObjects) {
  {
    const TemporaryFolder one;
    std::ofstream(one.path() / "file") << "content";
    EXPECT_THAT(folder_.names(), SizeIs(1));
  }
  EXPECT_THAT(folder_.names(), ElementsAre());
}

TEST_F(TemporaryFolders, AreRefusedByNameWhereThereIsNoPlace) {
  ::setenv("TMPDIR", folder_.file("missing").c_str(), 1);
  EXPECT_THAT(oracle::message_of([] { TemporaryFolder(); }),
              HasSubstr("a folder that exists as TMPDIR, got " + folder_.file("missing").string()));
}

TEST_F(TemporaryFolders, LeaveChildrenTheirSignals) {
  const TemporaryFolder one;
  EXPECT_EQ(run_child({"sh", "-c", "kill -TERM $$; echo alive"}).exit_status, 128 + SIGTERM);
}

}  // namespace
}  // namespace jest::studies

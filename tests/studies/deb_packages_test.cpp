// Programs that fail while they fetch or unpack: what they did before is not taken for all.
#include "prepare/deb_packages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "jest/io/atomic_file.hpp"
#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"
#include "prepare/apt_folder.hpp"
#include "prepare/child_process.hpp"

namespace jest::studies {
namespace {

using ::testing::HasSubstr;

/// Scripts stand for the programs that are looked up in PATH.
class FailingPrograms : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(bin_);
    ::setenv("PATH", (bin_.string() + ":" + before_).c_str(), 1);
  }
  void TearDown() override { ::setenv("PATH", before_.c_str(), 1); }

  void stand_for(const char* program, const std::string& script) {
    write_file(bin_ / program, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(bin_ / program, std::filesystem::perms::owner_all);
  }

  oracle::TemporaryFolder folder_;
  std::filesystem::path bin_ = folder_.file("bin");
  std::string before_ = std::getenv("PATH");
};

TEST_F(FailingPrograms, KnowNotAllPackages) {
  stand_for("apt-cache", "echo one; echo 'E: no memory'; exit 100");
  EXPECT_THAT(oracle::message_of([&] { known_packages(folder_.file("")); }),
              HasSubstr("apt-cache pkgnames: expected the names of all packages, got no memory"));
  stand_for("apt-cache", "echo one; kill -9 $$");
  EXPECT_THAT(oracle::message_of([&] { known_packages(folder_.file("")); }),
              HasSubstr("got exit status 137"));
}

TEST_F(FailingPrograms, FetchNotAllOfAnIndex) {
  stand_for("apt-get", "kill -9 $$");
  EXPECT_THAT(oracle::message_of([&] { update_apt(folder_.file("apt"), {}); }),
              HasSubstr("apt-get update: expected it to end by itself, got exit status 137"));
  stand_for("apt-get", "exit 100");  // a third party's source
  EXPECT_EQ(update_apt(folder_.file("apt"), {}).exit_status, 100);
}

TEST_F(FailingPrograms, FetchNotAllOfAPackage) {
  stand_for("apt-get", "echo half > one_1_all.deb; echo 'E: the line is cut'; exit 100");
  EXPECT_THAT(oracle::message_of([&] { fetch_packages(folder_.file(""), {"one"}); }),
              HasSubstr("apt-get download: expected whole packages, got the line is cut"));
}

TEST_F(FailingPrograms, UnpackNotAllOfAPackage) {
  write_file(folder_.file("wanted"), "a file");
  stand_for("dpkg-deb", "tar -C " + folder_.file("").string() +
                            " -c ./wanted; echo 'dpkg-deb: cut short' >&2; exit 2");
  const DebPackage package{"one", "1", folder_.file("one.deb")};
  EXPECT_THAT(
      oracle::message_of([&] {
        unpack(package, {{"./wanted"}, {}}, folder_.file("unpacked"));
      }),
      HasSubstr("unpack one.deb: expected the files this program knows, got dpkg-deb: cut short"));
}

TEST_F(FailingPrograms, AreSeenByWhomeverThisProgramWasStarted) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        std::signal(SIGCHLD, SIG_IGN);  // as some that start programs do
        std::exit(run_child({"sh", "-c", "exit 3"}).exit_status);
      },
      ::testing::ExitedWithCode(3), "");
}

}  // namespace
}  // namespace jest::studies

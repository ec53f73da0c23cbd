#include "jest/io/atomic_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"

namespace jest {
namespace {

using oracle::message_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// As if the disk were full: no file may grow beyond `bytes` while this lives.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

TEST(AtomicFile, ReplacesTheOldContentOnCommit) {
  const oracle::TemporaryFolder folder;
  const auto path = folder.write("file", "old");
  {
    AtomicFile file(path);
    file.write("new ");
    file.write("content");
    EXPECT_EQ(read_file(path), "old");
    file.commit();
  }
  EXPECT_EQ(read_file(path), "new content");
  EXPECT_THAT(folder.names(), ElementsAre("file"));
}

TEST(AtomicFile, DestroyedWithoutCommitLeavesTheOldContentAndNothingElse) {
  const oracle::TemporaryFolder folder;
  const auto path = folder.write("file", "old");
  { AtomicFile(path).write("half of it"); }
  EXPECT_EQ(read_file(path), "old");
  EXPECT_THAT(folder.names(), ElementsAre("file"));
}

TEST(AtomicFile, OnAFullDiskFailsAndLeavesTheOldContentAndNothingElse) {
  const oracle::TemporaryFolder folder;
  const auto path = folder.write("file", "old");
  {
    const FullDisk full(1000);
    const std::string message = message_of([&] { write_file(path, std::string(5000, 'x')); });
    EXPECT_THAT(message, HasSubstr("File too large"));
    EXPECT_THAT(message, HasSubstr(path.string()));
  }
  EXPECT_EQ(read_file(path), "old");
  EXPECT_THAT(folder.names(), ElementsAre("file"));
}

TEST(AtomicFile, IntoAMissingFolderFailsWithTheReason) {
  const oracle::TemporaryFolder folder;
  EXPECT_THAT(message_of([&] { write_file(folder.file("no/such"), "x"); }),
              HasSubstr("No such file or directory"));
  EXPECT_THAT(folder.names(), ElementsAre());
}

TEST(AtomicFile, OntoAFolderFailsAndLeavesNothingElse) {
  const oracle::TemporaryFolder folder;
  std::filesystem::create_directory(folder.file("inner"));
  message_of([&] { write_file(folder.file("inner"), "x"); });
  EXPECT_THAT(folder.names(), ElementsAre("inner"));
}

TEST(AtomicFile, ThroughALinkReplacesWhatItPointsTo) {
  const oracle::TemporaryFolder folder;
  const auto path = folder.write("file", "old");
  std::filesystem::create_symlink("file", folder.file("link"));
  write_file(folder.file("link"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder.file("link")));
  EXPECT_EQ(read_file(path), "new");
}

/// Permissions as in `ls -l`, of a file that is written under an umask.
mode_t mode_written(const std::filesystem::path& path, mode_t mask) {
  const mode_t before = ::umask(mask);
  write_file(path, "new");
  ::umask(before);
  struct stat status {};
  ::stat(path.c_str(), &status);
  return status.st_mode & 0777;
}

TEST(AtomicFile, HasTheModeThatTheUmaskLeaves) {
  const oracle::TemporaryFolder folder;
  EXPECT_EQ(mode_written(folder.file("shared"), 002), 0664);
  EXPECT_EQ(mode_written(folder.file("of a group"), 007), 0660);
  EXPECT_EQ(mode_written(folder.file("private"), 077), 0600);
}

TEST(AtomicFile, KeepsTheModeOfTheFileItReplaces) {
  const oracle::TemporaryFolder folder;
  const auto path = folder.write("file", "old");
  for (const mode_t mode : {0600, 0640, 0666, 0400}) {
    ::chmod(path.c_str(), mode);
    EXPECT_EQ(mode_written(path, 022), mode);
  }
}

TEST(ReadFile, KeepsEveryByte) {
  const oracle::TemporaryFolder folder;
  const std::string content("a\0\r\n\xff", 5);
  write_file(folder.file("file"), content);
  EXPECT_EQ(read_file(folder.file("file")), content);
  write_file(folder.file("file"), "");
  EXPECT_EQ(read_file(folder.file("file")), "");
}

TEST(ReadFile, OfWhatIsNoFileFailsByName) {
  const oracle::TemporaryFolder folder;
  EXPECT_THAT(message_of([&] { read_file(folder.file("missing")); }), HasSubstr("missing"));
  std::filesystem::create_directory(folder.file("inner"));
  EXPECT_THAT(message_of([&] { read_file(folder.file("inner")); }), HasSubstr("inner"));
}

}  // namespace
}  // namespace jest

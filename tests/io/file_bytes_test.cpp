// Files that change, end early or are none while they are read.
#include "io/file_bytes.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>

#include "jest/io/atomic_file.hpp"
#include "jest/io/safetensors.hpp"
#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"

namespace jest {
namespace {

using oracle::message_of;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// Files larger than `bytes` are mapped while this lives.
class MapAbove {
 public:
  explicit MapAbove(const char* bytes) { ::setenv("JEST_MAP_ABOVE", bytes, 1); }
  MapAbove(const MapAbove&) = delete;
  MapAbove& operator=(const MapAbove&) = delete;
  ~MapAbove() { ::unsetenv("JEST_MAP_ABOVE"); }
};

struct OneFile {
  oracle::TemporaryFolder folder;
  std::filesystem::path path = folder.file("numbers.safetensors");
  std::vector<float> numbers = std::vector<float>(5000, 1.5F);

  void write() const {
    const auto bytes = std::as_bytes(std::span(numbers));
    write_safetensors(path, {{"x", {"F32", {5000}, bytes}}}, {});
  }
};

TEST(ReadFile, NamesTheFileAndTheReason) {
  oracle::TemporaryFolder folder;
  EXPECT_THAT(message_of([&] { read_file(folder.file("none")); }),
              AllOf(HasSubstr("none: expected a readable file"), HasSubstr("No such file")));
  EXPECT_THAT(message_of([&] { read_file(folder.file("")); }), HasSubstr("got a folder"));
  EXPECT_THAT(message_of([&] { SafetensorsFile(folder.file("none")); }),
              AllOf(HasSubstr("safetensors file"), HasSubstr("No such file")));
}

TEST(ReadFile, TakesPipesAndFilesOfTheSystem) {
  oracle::TemporaryFolder folder;
  const auto pipe = folder.file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::string content(300'000, 'a');  // more than a pipe holds
  std::thread writer([&] {
    const int descriptor = ::open(pipe.c_str(), O_WRONLY);
    std::size_t done = 0;
    while (done < content.size()) {
      done += static_cast<std::size_t>(
          ::write(descriptor, content.data() + done, content.size() - done));
    }
    ::close(descriptor);
  });
  EXPECT_EQ(read_file(pipe), content);
  writer.join();
  EXPECT_THAT(read_file("/proc/self/status"), HasSubstr("Name:"));
}

TEST(ReadFile, SeesWhatIsWrittenMeanwhile) {
  oracle::TemporaryFolder folder;
  const auto path = folder.file("table");
  write_file(path, "first content");
  const ReadFile file(path, "a table");
  EXPECT_EQ(ReadFile(path, "a table").text(), "first content");
  ASSERT_EQ(::truncate(path.c_str(), 5), 0);
  EXPECT_THAT(message_of([&] { file.expect_unchanged(); }), HasSubstr("stays as it is"));
  EXPECT_THAT(message_of([&] { file.text(); }), HasSubstr("5 bytes where its size is 13"));
  EXPECT_THAT(message_of([&] { file.bytes(); }), HasSubstr("of its 13 bytes"));
}

TEST(ReadFile, LeavesAFileThatIsReplacedToItsReaders) {
  oracle::TemporaryFolder folder;
  const auto path = folder.file("table");
  write_file(path, "first content");
  const ReadFile file(path, "a table");
  write_file(path, "another");  // under another inode
  EXPECT_EQ(file.text(), "first content");
}

TEST(SafetensorsFile, ThatWasReadDoesNotSeeWhatIsWrittenLater) {
  const OneFile one;
  one.write();
  SafetensorsFile file(one.path);
  ASSERT_EQ(::truncate(one.path.c_str(), 0), 0);
  EXPECT_EQ(file.floats("x", 1).back(), 1.5F);
  EXPECT_NO_THROW(file.expect_unchanged());
}

TEST(SafetensorsFile, ThatIsMappedRefusesWhatIsWrittenLater) {
  const OneFile one;
  one.write();
  const MapAbove all("0");
  SafetensorsFile file(one.path);
  EXPECT_EQ(file.floats("x", 1).back(), 1.5F);
  EXPECT_NO_THROW(file.expect_unchanged());
  const int descriptor = ::open(one.path.c_str(), O_WRONLY);
  EXPECT_EQ(::pwrite(descriptor, "\1", 1, 1000), 1);  // as cp does: in place
  ::close(descriptor);
  EXPECT_THAT(message_of([&] { file.expect_unchanged(); }),
              AllOf(HasSubstr("numbers.safetensors"), HasSubstr("one that was written to")));
}

TEST(FileBytes, ArePickedFromAnyPlace) {
  const oracle::TemporaryFolder folder;
  const ReadFile file(folder.write("f", "0123456789"), "digits");
  std::string some(4, ' ');
  file.read_at(5, std::as_writable_bytes(std::span(some)));
  EXPECT_EQ(some, "5678");
  const auto beyond = [&] { file.read_at(8, std::as_writable_bytes(std::span(some))); };
  EXPECT_THAT(message_of(beyond),
              AllOf(HasSubstr("expected digits"), HasSubstr("ends at byte 10")));
}

}  // namespace
}  // namespace jest

// The event file of TensorBoard: checksums, frames, and what a resume leaves of it. That
// TensorBoard reads it is tests/programs/train_tensorboard_test.py's.
#include <gmock/gmock.h>

#include "jest/io/atomic_file.hpp"
#include "jest/train/metrics.hpp"
#include "oracle/temporary_folder.hpp"
#include "train/tfrecord.hpp"

namespace jest {
namespace {

using detail::crc32c;
using detail::read_tfrecord;
using detail::RecordAt;
using detail::tfrecord;

TEST(Crc32c, OfRfc3720AndTheUsualNine) {
  std::string rising;
  for (char k = 0; k < 32; ++k) rising += k;
  const std::string falling(rising.rbegin(), rising.rend());
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c(rising), 0x46dd794eU);
  EXPECT_EQ(crc32c(falling), 0x113fdb5cU);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(TfRecord, IsReadAsItWasWritten) {
  const std::string record = tfrecord("event");
  EXPECT_EQ(record.size(), 8U + 4 + 5 + 4);
  const std::string and_more = record + "more";
  const RecordAt read = read_tfrecord(and_more);
  EXPECT_EQ(read.state, RecordAt::State::kWhole);
  EXPECT_EQ(read.data, "event");
  EXPECT_EQ(read.size, record.size());
  for (std::size_t size = 0; size < record.size(); ++size) {
    EXPECT_EQ(read_tfrecord(std::string_view(record).substr(0, size)).state,
              RecordAt::State::kCutOff);
  }
  for (std::size_t bit = 0; bit < 8 * record.size(); ++bit) {
    std::string flipped = record;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_EQ(read_tfrecord(flipped).state, RecordAt::State::kDamaged) << bit;
  }
}

class EventFile : public ::testing::Test {
 protected:
  /// The version and steps 1 to `steps`, an event each.
  void write(std::int64_t steps) {
    TensorBoardSink sink(folder_.file(""), {});
    sink.resume(0);
    for (std::int64_t step = 1; step <= steps; ++step) sink.scalars(step, {{"loss", 1.5}});
  }
  void resume(std::int64_t step) { TensorBoardSink(folder_.file(""), {}).resume(step); }

  std::size_t records() const {
    const std::string content = read_file(file_);
    std::size_t count = 0;
    for (std::string_view left = content; !left.empty(); ++count) {
      left.remove_prefix(read_tfrecord(left).size);
    }
    return count;
  }
  std::string refusal_of_resume(std::int64_t step) {
    try {
      resume(step);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  oracle::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.file(TensorBoardSink::kFileName);
};

TEST_F(EventFile, IsTakenBackToTheStepOfACheckpoint) {
  write(300);
  EXPECT_EQ(records(), 301U);
  resume(200);  // of two bytes as a variable-length number
  EXPECT_EQ(records(), 201U);
  resume(500);
  EXPECT_EQ(records(), 201U);
  resume(0);
  EXPECT_EQ(records(), 1U);
}

TEST_F(EventFile, LosesATornLastEvent) {
  write(3);
  const std::string whole = read_file(file_);
  for (std::size_t cut = 1; cut <= 8 + 4 + 4; ++cut) {
    write_file(file_, whole.substr(0, whole.size() - cut));
    resume(3);
    EXPECT_EQ(records(), 3U) << cut;
  }
}

TEST_F(EventFile, WithADamagedEventOfAnEarlierStepIsRefused) {
  write(3);
  const std::string whole = read_file(file_);
  const std::size_t first = read_tfrecord(whole).size;
  std::string damaged = whole;
  damaged[first + 20] ^= 1;
  write_file(file_, damaged);
  EXPECT_THAT(refusal_of_resume(2), ::testing::AllOf(::testing::HasSubstr(file_.string()),
                                                     ::testing::HasSubstr(text("byte ", first)),
                                                     ::testing::HasSubstr("a damaged one")));
  EXPECT_EQ(read_file(file_), damaged);
  write_file(file_, tfrecord("other") + whole);
  EXPECT_THAT(refusal_of_resume(2), ::testing::HasSubstr("another record"));
}

TEST_F(EventFile, DamagedBehindTheCheckpointIsTakenBack) {
  write(3);
  std::string damaged = read_file(file_);
  damaged[damaged.size() - 1] ^= 1;
  write_file(file_, damaged);
  resume(1);
  EXPECT_EQ(records(), 2U);
}

TEST(TensorBoardSink, ThatCannotBeWrittenIsRefused) {
  EXPECT_THROW(TensorBoardSink("/nowhere/at/all", {}), Error);
}

}  // namespace
}  // namespace jest

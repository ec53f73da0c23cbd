// The event file of an interrupted run, taken back to a step: what is left is whole.
#include "fuzz.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/train/metrics.hpp"
#include "train/tfrecord.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  static const fuzz::Folder folder;
  const auto path = folder.write(TensorBoardSink::kFileName, fuzz::text_of(data, size));
  return fuzz::read_or_refuse([&] {
    TensorBoardSink(folder.file(""), {}).resume(2);
    const std::string content = read_file(path);
    for (std::string_view left = content; !left.empty();) {
      const detail::RecordAt record = detail::read_tfrecord(left);
      fuzz::expect(record.state == detail::RecordAt::State::kWhole, "whole records alone");
      left.remove_prefix(record.size);
    }
  });
}

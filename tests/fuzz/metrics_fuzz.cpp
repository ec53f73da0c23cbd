// The metrics of an interrupted run, taken back to a step.
#include "fuzz.hpp"
#include "jest/train/metrics.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  static const fuzz::Folder folder;
  const auto path = folder.write("metrics.jsonl", fuzz::text_of(data, size));
  return fuzz::read_or_refuse([&] { JsonLinesSink(path, {}).resume(2); });
}

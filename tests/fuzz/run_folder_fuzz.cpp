// The record of a run that --resume goes on with.
#include "fuzz.hpp"
#include "train/run_folder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  static const fuzz::Folder folder;
  const auto record = folder.write("run/run.json", fuzz::text_of(data, size));
  return fuzz::read_or_refuse([&] {
    const nlohmann::ordered_json identity{{"steps", 10}, {"arms", {"uniform"}}, {"rate", 0.25}};
    const auto lock = apps::train::claim_folder({record.parent_path(), identity, true});
  });
}

// A checkpoint: two bytes of length, the state of the trainer, the file of tensors.
#include <cstring>

#include "fuzz.hpp"
#include "jest/train/checkpoint.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  static const fuzz::Folder folder;
  static const auto complete = folder.write("step-00000001/complete", "");
  const std::string_view input = fuzz::text_of(data, size);
  std::uint16_t state = 0;  // its length
  if (size < sizeof state) return 0;
  std::memcpy(&state, data, sizeof state);
  const std::string_view rest = input.substr(sizeof state);
  folder.write("step-00000001/state.json", rest.substr(0, state));
  folder.write("step-00000001/tensors.safetensors",
               rest.substr(std::min<std::size_t>(state, rest.size())));
  return fuzz::read_or_refuse([&] { load_checkpoint(complete.parent_path().parent_path()); });
}

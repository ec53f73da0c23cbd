// tokenizer.json of two kinds.
#include "fuzz.hpp"
#include "train/formats/tokenizer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  static const fuzz::Folder folder;
  const auto path = folder.write("tokenizer.json", fuzz::text_of(data, size));
  return fuzz::read_or_refuse([&] {
    const apps::train::Tokenizer tokenizer(path);
    const std::int64_t tokens[] = {0, 1, 2, tokenizer.vocabulary()};
    const std::string text = tokenizer.text_of(tokens);
    fuzz::expect(tokenizer.predicted_bytes(tokens) <= std::ssize(text), "no more than all bytes");
  });
}

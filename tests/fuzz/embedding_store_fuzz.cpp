// Stored embeddings, looked up by every id they have.
#include "fuzz.hpp"
#include "jest/learner/stores.hpp"
#include "safetensors_mutator.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  static const fuzz::Folder folder;
  const auto path = folder.write("store.safetensors", fuzz::text_of(data, size));
  return fuzz::read_or_refuse([&] {
    const EmbeddingStore store(path, "");
    SafetensorsFile file(path);
    const auto ids = file.integers("ids", 1);
    fuzz::expect(store.gather(ids).x.size(0) == store.rows(), "a row for each id");
    store.own_losses();
  });
}

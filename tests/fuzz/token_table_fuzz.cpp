// Token files of nanoGPT and llm.c, as windows and as documents, and a batch of all rows.
#include "fuzz.hpp"
#include "jest/data/token_table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  static const fuzz::Folder folder;
  const auto path = folder.write("tokens.bin", fuzz::text_of(data, size));
  return fuzz::read_or_refuse([&] {
    const TokenFile file(path, size % 3 == 0 ? TokenType::kU32 : TokenType::kU16);
    for (const std::optional<std::int64_t> end : {std::optional<std::int64_t>(), {0}}) {
      const auto table = std::make_shared<const TokenTable>(
          std::vector{file}, TokenRows{.length = 3, .document_end = end});
      const TokenBatch batch({table, all_rows(*table)});
      fuzz::expect(batch.tokens().size(1) <= 4, "rows of at most a length and one");
      batch.prefix(1).tokens();
    }
  });
}

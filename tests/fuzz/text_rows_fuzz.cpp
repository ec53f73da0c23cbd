// Rows of text: lines, JSONL or a table; and of tokens. The first byte says which.
#include <algorithm>

#include "fuzz.hpp"
#include "jest/criteria/count_guide.hpp"
#include "select/text_rows.hpp"
#include "select/token_rows.hpp"

namespace {

int read_tokens(const std::filesystem::path& path, std::uint8_t length) {
  using namespace jest;
  return fuzz::read_or_refuse([&] {
    const auto rows =
        apps::select::read_token_rows(path, {.length = 1 + length, .wide = length > 9});
    fuzz::expect(rows.ends.back() == std::ssize(rows.tokens), "rows that are all tokens");
    fuzz::expect(std::ranges::is_sorted(rows.ends) && rows.ids.size() == rows.ends.size(), "rows");
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  static const fuzz::Folder folder;
  if (size == 0) return 0;
  const char* name = data[0] == 't'   ? "rows.txt"
                     : data[0] == 'j' ? "rows.jsonl"
                                      : "rows.safetensors";
  const auto path = folder.write(name, fuzz::text_of(data + 1, size - 1));
  if (data[0] < 20) return read_tokens(path, data[0]);
  return fuzz::read_or_refuse([&] {
    const auto rows = apps::select::read_text_rows(path);
    fuzz::expect(rows.rows() > 0 && rows.ids.size() == rows.ends.size(), "an id for each row");
    std::size_t bytes = 0;
    for (std::int64_t row = 0; row < rows.rows(); ++row) {
      bytes += rows.row(row).size();
      fuzz::expect(hashed_words(rows.row(row)).size() <= rows.row(row).size(), "words of bytes");
    }
    fuzz::expect(bytes == rows.bytes.size(), "rows that are all bytes");
  });
}

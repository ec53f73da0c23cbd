// Rows of text: lines, JSONL or a table. The first byte says which.
#include "fuzz.hpp"
#include "jest/criteria/count_guide.hpp"
#include "select/text_rows.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  static const fuzz::Folder folder;
  if (size == 0) return 0;
  const char* name = data[0] == 't'   ? "rows.txt"
                     : data[0] == 'j' ? "rows.jsonl"
                                      : "rows.safetensors";
  const auto path = folder.write(name, fuzz::text_of(data + 1, size - 1));
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

#pragma once
// A sentencepiece model that keeps texts as they are, trained in this process.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace jest::studies {

/// The lines of texts that a model is trained on.
class LineSample {
 public:
  /// Of `all_bytes` of text about `most_bytes`: lines are drawn by their number and `seed`.
  LineSample(std::size_t all_bytes, std::size_t most_bytes, std::uint64_t seed);

  void add(const std::string& text);
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::uint64_t below_;
  std::uint64_t seed_;
  std::int64_t number_ = 0;
  std::vector<std::string> lines_;
};

/// A unigram model (Kudo 2018) of `vocabulary` pieces: one that ends a document, 256 of bytes,
/// newline and tab, which stand in no other piece, and the pieces of the lines; runs of spaces are
/// pieces, nothing is normalised and no space is put before a text, so that pieces say a text
/// byte for byte. One thread: the same bytes for the same lines. Throws jest::Error where the
/// lines do not give that many pieces.
std::string train_pieces(const std::vector<std::string>& lines, int vocabulary);

}  // namespace jest::studies

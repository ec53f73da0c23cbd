#pragma once
// WebDataset shards as a table of pictures with captions: jest::shards, a library of its own.
//
// A shard is a tar file. Members that share a name up to the first dot of its last part are a
// sample: a picture (.jpg, .jpeg, .png, .webp), and a caption in .txt or .json. An index beside
// each shard says where the parts of its samples lie, so that any row can be read at any time: a
// super-batch stays a pure function of (seed, step), and a resumed run repeats an undisturbed one.
//
// Source: the format of the package webdataset (github.com/webdataset/webdataset).

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/data/tables.hpp"

namespace jest {

/// How a picture that is not square becomes one that is.
enum class PictureFit {
  kCrop,    ///< the middle, as wide as the shorter side
  kSquash,  ///< all of it, with other proportions
};

struct PictureSpec {
  std::int64_t side = 64;  ///< S
  PictureFit fit = PictureFit::kCrop;
};

/// Pictures of more pixels are refused: a small file can claim any number.
inline constexpr std::int64_t kMostPixels = std::int64_t{1} << 26;

/// Decodes JPEG, PNG or WebP to RGB, resized: uint8 [3, S, S] in `out`. Grey becomes RGB, what is
/// transparent lies on white, of 16 bits the upper 8 count, EXIF's orientation and colour profiles
/// do not. A JPEG is decoded at 1/2, 1/4 or 1/8 where that is no smaller than S; then every pixel
/// is the mean of the area that it covers, rounded, in whole numbers: the same on every machine
/// with the same decoders. Throws where the file is none of these, is damaged or cut short, moves,
/// or has more than kMostPixels. O(pixels).
JEST_EXPORT void decode_picture(std::span<const std::byte> file, const PictureSpec& spec,
                                std::span<std::uint8_t> out);

struct ShardSpec {
  std::vector<std::filesystem::path> shards = {};  ///< rows are in their order
  /// Where the caption is in a sample's .json; empty: the whole .txt, without white space around
  /// it. A string is one caption. Of an array of strings, or of an object whose values are strings,
  /// each is the caption of a row of its own; the names in an object are tags.
  std::string caption_key = {};
  std::string tag_key = {};  ///< a string in the .json that is the tag of a sample's rows
  /// Leaves out samples without a picture, without a caption that can be read, and those whose
  /// picture does not decode, and counts them. Otherwise the first is refused by its name.
  bool skip_unusable = false;
  PictureSpec picture = {};
  int threads = 0;                                ///< that decode; 0: as many as the machine has
  std::int64_t memory = std::int64_t{256} << 20;  ///< bytes of decoded pictures that are kept
  std::filesystem::path index_folder = {};        ///< where indexes lie; empty: beside the shards
};

/// Samples that skip_unusable left out.
struct LeftOut {
  std::int64_t without_picture = 0;
  std::int64_t without_caption = 0;
  std::int64_t undecodable = 0;

  std::int64_t all() const { return without_picture + without_caption + undecodable; }
};

/// The files that a name with brace ranges stands for: pool-{000..003}.tar, {curated,extra}.tar,
/// and products of several. A name without braces is itself. Throws on a range that is none, or of
/// more than a million files.
JEST_EXPORT std::vector<std::filesystem::path> expand_braces(const std::string& name);

/// Rows of shards. An id is hash_id("SHARD/KEY"), of the shard's file name without .tar and the
/// sample's name, with "/NAME" or "/0", "/1"… where a sample has several captions: it does not
/// change with what other shards are read.
///
/// NAME.tar.index is written atomically when a shard is first read: where its parts lie, the
/// CRC-32 of the shard, its size and time, and which pictures decode, for which all are decoded
/// once. An index of another size or time than its shard's is made anew. Where none can be
/// written it is made in memory each time; `remarks` says so.
///
/// All const members may be called from several threads. What they give depends neither on the
/// number of threads nor on memory.
class JEST_EXPORT ShardTable : public ExampleTable {
 public:
  /// Throws an error that names the shard, and the sample where there is one: a file that is no tar
  /// or is cut short, a shard without captions, two samples of one name, and what skip_unusable
  /// would leave out. O(bytes of new shards), then O(samples).
  explicit ShardTable(const ShardSpec& spec);
  ~ShardTable();
  ShardTable(const ShardTable&) = delete;
  ShardTable& operator=(const ShardTable&) = delete;

  std::vector<std::string> captions;  ///< [rows], UTF-8
  LeftOut left_out;
  std::vector<std::string> remarks;  ///< lines about indexes, for the user

  std::int64_t side() const;
  /// "SHARD.tar, sample KEY".
  std::string describe(std::int64_t row) const;
  /// Which picture a row has; rows of one sample share theirs.
  std::int64_t picture_of(std::int64_t row) const;

  /// The picture's file as it is in the shard. Throws where the shard has changed.
  std::vector<std::byte> picture_file(std::int64_t row) const;

  /// Begins to decode the pictures of rows that will be asked for; TableSource calls this with the
  /// rows of the step after. Returns at once. What fails is told by pictures().
  void ahead(std::span<const std::int64_t> rows) const;
  /// uint8 [n, 3, S, S] in `out`; waits for what is not decoded. Throws where a shard has changed.
  void pictures(std::span<const std::int64_t> rows, std::span<std::uint8_t> out) const;

 private:
  class Content;
  std::unique_ptr<Content> content_;
};

}  // namespace jest

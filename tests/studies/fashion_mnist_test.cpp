#include <gmock/gmock.h>

#include <map>
#include <set>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/io/safetensors.hpp"
#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"
#include "prepare/child_process.hpp"
#include "prepare/fashion/fashion_mnist.hpp"
#include "prepare/fashion/idx_file.hpp"
#include "prepare/temporary_folder.hpp"

namespace jest::studies {
namespace {

using oracle::message_of;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string idx(const std::vector<std::int64_t>& shape, const std::string& bytes) {
  std::string content{'\0', '\0', '\x08', static_cast<char>(shape.size())};
  for (const std::int64_t size : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) content += static_cast<char>(size >> shift);
  }
  return content + bytes;
}

/// Pictures that are grey all over, picture k as grey as k + 1, and labels in turn.
FashionPart part(std::int64_t count) {
  std::string images, labels;
  for (std::int64_t k = 0; k < count; ++k) {
    images += std::string(28 * 28, static_cast<char>(1 + k % 250));
    labels += static_cast<char>(k % 10);
  }
  return {read_idx(idx({count, 28, 28}, images), "images"),
          read_idx(idx({count}, labels), "labels")};
}

TEST(IdxFile, IsReadAsRows) {
  const IdxArray array = read_idx(idx({2, 3}, "abcdef"), "some");
  EXPECT_THAT(array.shape, ElementsAre(2, 3));
  EXPECT_EQ(array.row(0), "abc");
  EXPECT_EQ(array.row(1), "def");
}

TEST(IdxFile, OfAnotherKindOrLengthIsRefused) {
  const std::string good = idx({2, 3}, "abcdef");
  std::string floats = good;
  floats[2] = '\x0D';
  for (const std::string& bad :
       {std::string(), good.substr(0, 3), good.substr(0, 10), floats,
        good.substr(0, good.size() - 1), good + "g", idx({0}, ""),
        idx({1 << 21}, std::string(1 << 20, 'x')), idx({2, 3, 4, 5}, std::string(120, 'x'))}) {
    EXPECT_THAT(message_of([&] { read_idx(bad, "bad.gz"); }),
                HasSubstr("read bad.gz: expected an IDX array of unsigned bytes, got"));
  }
}

TEST(IdxFile, CutShortAnywhereIsRefused) {
  const oracle::TemporaryFolder folder;
  const auto path = folder.file("pictures");
  write_file(path, idx({2, 30}, std::string(60, 'p')));
  ASSERT_EQ(run_child({"gzip", path.string()}).exit_status, 0);
  const auto zipped = folder.file("pictures.gz");
  EXPECT_EQ(read_gzipped_idx(zipped).row(1), std::string(30, 'p'));
  const std::string whole = read_file(zipped);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_file(zipped, whole.substr(0, length));
    EXPECT_THAT(message_of([&] { read_gzipped_idx(zipped); }), HasSubstr("pictures.gz: expected "))
        << length;
  }
}

TEST(FashionMnist, EveryRowIsInOneTable) {
  const FashionSplit split = split_fashion(part(4000), part(50), {.seed = 1});
  EXPECT_THAT(split.curated, SizeIs(3000));
  EXPECT_THAT(split.pool, SizeIs(1000));
  EXPECT_THAT(split.eval, SizeIs(50));
  std::set<std::int64_t> ids;
  for (const ImageRows* rows : {&split.curated, &split.pool, &split.eval}) {
    for (const ImageRow& row : *rows) EXPECT_TRUE(ids.insert(row.id).second);
  }
  std::map<std::string, std::int32_t> labels;
  for (const ImageRow& row : split.eval) labels[row.tag] = row.name;
  EXPECT_EQ(labels.size(), 10u);
  EXPECT_EQ(labels.at("T-shirt"), 0);
  EXPECT_EQ(labels.at("Ankle boot"), 9);
}

TEST(FashionMnist, PicturesGetABorder) {
  const FashionSplit split = split_fashion(part(4000), part(1), {});
  const std::string& image = split.eval.at(0).image;
  ASSERT_EQ(image.size(), 32u * 32u);
  for (std::size_t y = 0; y < 32; ++y) {
    for (std::size_t x = 0; x < 32; ++x) {
      const bool inside = x >= 2 && x < 30 && y >= 2 && y < 30;
      EXPECT_EQ(image[y * 32 + x], inside ? '\x01' : '\0');
    }
  }
}

TEST(FashionMnist, NoiseIsOfThePoolAlone) {
  const FashionSplit clean = split_fashion(part(4000), part(50), {.noise = 0, .seed = 3});
  const FashionSplit noisy = split_fashion(part(4000), part(50), {.noise = 0.4, .seed = 3});
  std::size_t changed = 0;
  for (std::size_t k = 0; k < clean.pool.size(); ++k) {
    const bool differs = clean.pool[k].name != noisy.pool[k].name;
    EXPECT_EQ(noisy.pool[k].tag, differs ? "noise" : "true");
    EXPECT_EQ(clean.pool[k].image, noisy.pool[k].image);
    changed += differs;
  }
  EXPECT_EQ(changed, 400u);
  for (std::size_t k = 0; k < clean.curated.size(); ++k) {
    EXPECT_EQ(clean.curated[k].name, noisy.curated[k].name);
    EXPECT_EQ(clean.curated[k].tag, noisy.curated[k].tag);
  }
}

TEST(FashionMnist, TheSeedDrawsTheCuratedRows) {
  const auto ids = [](std::uint64_t seed) {
    std::set<std::int64_t> found;
    for (const ImageRow& row : split_fashion(part(4000), part(1), {.seed = seed}).curated) {
      found.insert(row.id);
    }
    return found;
  };
  EXPECT_EQ(ids(1), ids(1));
  EXPECT_NE(ids(1), ids(2));
}

TEST(FashionMnist, OtherDataAreRefused) {
  FashionPart part_of_two = part(2);
  part_of_two.labels = read_idx(idx({3}, "abc"), "labels");
  EXPECT_THAT(message_of([&] { split_fashion(part_of_two, part(1), {}); }),
              HasSubstr("training part: expected a picture of 28 by 28 for every label"));
  FashionPart eleven = part(1);
  eleven.labels = read_idx(idx({1}, "\x0A"), "labels");
  EXPECT_THAT(message_of([&] { split_fashion(part(4000), eleven, {}); }),
              HasSubstr("test part: expected labels below 10, got 10"));
}

TEST(FashionMnist, TablesAreWritten) {
  const TemporaryFolder folder;
  const PreparedFolder prepared = fashion_mnist_folder(folder.path());
  const auto manifest = write_fashion_mnist(prepared, split_fashion(part(4000), part(50), {}),
                                            {{"command", "jest-data fashion-mnist"}});
  EXPECT_TRUE(tables_match(prepared, manifest));
  const SafetensorsFile eval(folder.path() / "eval.safetensors");
  EXPECT_THAT(eval.array("images", "U8", 3).shape, ElementsAre(50, 32, 32));
  EXPECT_THAT(eval.array("names", "I32", 1).shape, ElementsAre(50));
  EXPECT_EQ(manifest["files"]["names.txt"]["rows"], 10);
}

}  // namespace
}  // namespace jest::studies

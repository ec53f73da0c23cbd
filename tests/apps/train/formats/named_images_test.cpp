// Named images: the files, their defects, batches and the words of names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "oracle/safetensors_bytes.hpp"
#include "train/formats/named_images.hpp"

namespace jest::apps::train {
namespace {

using namespace std::string_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Images : public oracle::SafetensorsTest {
 protected:
  /// Three images of two by two pixels.
  std::vector<std::uint8_t> pixels_{0, 51, 102, 255, 1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<std::int64_t> shape_{3, 2, 2};
  std::vector<std::int64_t> ids_{7, 8, 9};
  std::vector<std::int32_t> names_{1, 0, 1};
  std::string lines_ = "SMALL A\nSMALL B WITH DOT\n";

  std::filesystem::path write() {
    folder_.write("names.txt", lines_);
    write_safetensors(
        folder_.file("t"),
        {{"images", {"U8", shape_, oracle::bytes_of(pixels_)}},
         {"ids", {"I64", {3}, oracle::bytes_of(ids_)}},
         {"names", {"I32", {static_cast<std::int64_t>(names_.size())}, oracle::bytes_of(names_)}}},
        {});
    return folder_.file("t");
  }
  std::string refusal() {
    return oracle::message_of([path = write()] { read_named_images(path); });
  }
};

TEST_F(Images, AreReadWithTheirNames) {
  const auto table = read_named_images(write());
  EXPECT_EQ(table->side, 2);
  EXPECT_EQ(table->name(0), "SMALL B WITH DOT");
  EXPECT_THAT(table->image(1), ElementsAre(1, 2, 3, 4));
  EXPECT_TRUE(table->tags.empty());
}

TEST_F(Images, NamesAreTheSameHoweverTheListIsWritten) {
  lines_ = "CAF\u00C9\nSMALL B\n";
  const auto plain = read_named_images(write())->texts;
  EXPECT_THAT(plain, ElementsAre("CAF\u00C9", "SMALL B"));
  for (const char* lines :
       {"CAF\u00C9\r\nSMALL B\r\n", "\uFEFFCAF\u00C9\nSMALL B", "CAFE\u0301\nSMALL B\n"}) {
    lines_ = lines;
    const auto table = read_named_images(write());
    EXPECT_EQ(table->texts, plain);
  }
  lines_ = "CAF\xC9\nSMALL B\n";  // in another encoding it is a name all the same
  EXPECT_EQ(read_named_images(write())->name(1), "CAF\xC9");
}

TEST_F(Images, AListOfNamesInAnotherFormatIsRefused) {
  for (const auto& [lines, name] :
       {std::pair("\xFF\xFE\x41"s, "UTF-16"), std::pair("A\rB\r"s, "CR"),
        std::pair("\x1F\x8B\x08"s, "gzip")}) {
    lines_ = lines;
    EXPECT_THAT(refusal(), AllOf(HasSubstr("names.txt"), HasSubstr(name)));
  }
}

TEST_F(Images, DefectsAreNamed) {
  const auto mends = [this](auto& field, auto defect, const char* part) {
    const auto good = field;
    field = defect;
    EXPECT_THAT(refusal(), HasSubstr(part));
    field = good;
  };
  mends(names_, std::vector<std::int32_t>{0, 1, 2}, "2 lines of names.txt");
  mends(names_, std::vector<std::int32_t>{0, -1, 0}, "names.txt");
  mends(names_, std::vector<std::int32_t>{0, 1}, "3 names");
  mends(shape_, std::vector<std::int64_t>{3, 1, 4}, "square images");
  mends(shape_, std::vector<std::int64_t>{12, 1, 1}, "square images");
}

TEST_F(Images, BatchesGivePixelsFromZeroToOne) {
  const ImageBatch batch({read_named_images(write()), {0}});
  const at::Tensor expected = torch::tensor({0.0F, 0.2F, 0.4F, 1.0F}).view({1, 1, 2, 2});
  EXPECT_TRUE(batch.images().allclose(expected));
}

TEST_F(Images, PicksKeepTheResolution) {
  const ImageBatch batch({read_named_images(write()), {0, 1, 2}});
  EXPECT_EQ(batch.at({2}).half_share(), 0);
  EXPECT_EQ(batch.seen_at(Resolution::kHalf).at({2, 0}).half_share(), 1);
  EXPECT_EQ(batch.mixed(0.25).at({2, 0}).half_share(), 0.25);
  EXPECT_THAT(batch.seen_at(Resolution::kHalf).at({2, 0}).ids(), ElementsAre(9, 7));
}

TEST_F(Images, AMixedBatchSpreadsWhatItSeesAtHalfResolution) {
  const ImageBatch batch({read_named_images(write()), {0, 1, 2}});
  const auto small = [&](double share) {
    std::vector<std::int64_t> positions;
    for (std::int64_t k = 0; k < 8; ++k) {
      if (batch.mixed(share).at_half(k)) positions.push_back(k);
    }
    return positions;
  };
  EXPECT_THAT(small(0), IsEmpty());
  EXPECT_THAT(small(0.25), ElementsAre(0, 4));
  EXPECT_THAT(small(0.5), ElementsAre(0, 2, 4, 6));
  EXPECT_THAT(small(0.75), ElementsAre(0, 1, 2, 4, 5, 6));
  EXPECT_THAT(small(1), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THROW(batch.mixed(1.5), Error);
}

TEST_F(Images, NamesAreWordsAndPairsOfNeighbours) {
  lines_ = "A B\nB A\n";
  names_ = {0, 1, 0};
  const ImageBatch batch({read_named_images(write()), {0, 1, 2}});
  const FeatureBags words = batch.words();
  EXPECT_TRUE(words.offsets.equal(torch::tensor({0, 3, 6}, at::kLong)));
  const auto name = [&](std::int64_t k) { return words.features.narrow(0, 3 * k, 3); };
  EXPECT_TRUE(name(0).equal(name(2)));
  EXPECT_EQ(name(0)[0].item<std::int64_t>(), name(1)[1].item<std::int64_t>())
      << "A is A wherever it stands";
  EXPECT_FALSE(std::get<0>(name(0).sort()).equal(std::get<0>(name(1).sort())))
      << "the order of words tells names apart";
}

TEST_F(Images, ANameOfNothingHasAFeature) {
  lines_ = "\n\n";
  const ImageBatch batch({read_named_images(write()), {0, 1}});
  EXPECT_EQ(batch.words().features.numel(), 2);
}

}  // namespace
}  // namespace jest::apps::train

// Token files of nanoGPT and llm.c, and their rows.
#include "jest/data/token_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"

namespace jest::testing {
namespace {

using oracle::message_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Number>
std::string bytes_of(const std::vector<Number>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

std::string llm_c(std::int32_t magic, std::int32_t version, std::int32_t count) {
  std::vector<std::int32_t> header(256);
  header[0] = magic;
  header[1] = version;
  header[2] = count;
  return bytes_of(header);
}

class TokenFiles : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, const std::string& content) {
    return folder_.write(name, content);
  }
  std::string message(const std::string& content, TokenType type = TokenType::kU16) {
    const auto path = file("bad.bin", content);
    return message_of([&] { TokenFile(path, type); });
  }

  oracle::TemporaryFolder folder_;
};

const std::vector<std::uint16_t> kTokens = {1000, 1001, 1002, 1003, 1004, 1005, 1006};

TEST_F(TokenFiles, AreThoseOfNanoGptAndOfLlmC) {
  const std::vector<std::uint32_t> wide(kTokens.begin(), kTokens.end());
  const TokenFile raw(file("raw.bin", bytes_of(kTokens)));
  const TokenFile raw_wide(file("wide.bin", bytes_of(wide)), TokenType::kU32);
  const TokenFile gpt2(file("gpt2.bin", llm_c(20240520, 1, 7) + bytes_of(kTokens)));
  const TokenFile llama(file("llama.bin", llm_c(20240801, 7, 7) + bytes_of(wide)));
  for (const TokenFile& tokens : {raw, raw_wide, gpt2, llama, TokenFile(wide, "made")}) {
    ASSERT_EQ(tokens.size(), 7) << tokens.name();
    EXPECT_EQ(tokens[6], 1006) << tokens.name();
  }
  EXPECT_EQ(TokenTable({gpt2}, {.length = 3}).checksum, TokenTable({raw}, {.length = 3}).checksum)
      << "one content, with a header or without";
}

TEST_F(TokenFiles, RefuseWhatIsCutShortOrForeign) {
  EXPECT_THAT(message(bytes_of(kTokens) + "x"), HasSubstr("a whole number of tokens of 2 bytes"));
  EXPECT_THAT(message(bytes_of(kTokens), TokenType::kU32), HasSubstr("tokens of 4 bytes, got 14"));
  EXPECT_THAT(message(llm_c(20240520, 1, 8) + bytes_of(kTokens)),
              HasSubstr("the 8 tokens that its header says, got 7"));
  EXPECT_THAT(message(llm_c(20240520, 1, 6) + bytes_of(kTokens)), HasSubstr("got 7"));
  EXPECT_THAT(message(llm_c(20240520, 3, 7) + bytes_of(kTokens)),
              HasSubstr("version 1 or 7 of llm.c's tokens, got 3"));
  EXPECT_THAT(message(llm_c(20240520, 1, 0).substr(0, 40)), HasSubstr("header of 1024 bytes"));
  EXPECT_THAT(message("\x1F\x8B______________"), HasSubstr("gzip (unpack it: gunzip)"));
  EXPECT_THAT(message("It was the best of times\n"),
              HasSubstr("got text (tokenise it: jest-tokens)"));
  EXPECT_THAT(message_of([&] { TokenFile(folder_.file("absent.bin")); }), HasSubstr("absent.bin"));
  const std::vector<std::uint16_t> letters = {72, 101, 108, 108, 111, 32, 119, 111, 114};
  EXPECT_EQ(TokenFile(file("small.bin", bytes_of(letters))).size(), 9) << "small tokens are tokens";
}

TEST_F(TokenFiles, OfAFolderComeInTheOrderOfTheirNames) {
  for (const char* name : {"b.bin", "a.bin", "c.txt"}) file(name, bytes_of(kTokens));
  const auto files = token_files(folder_.file(""));
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].filename(), "a.bin");
  std::filesystem::create_directory(folder_.file("empty"));
  EXPECT_THAT(message_of([&] { token_files(folder_.file("empty")); }),
              HasSubstr("a folder with .bin files, got none"));
}

TokenFile tokens(const std::vector<std::uint32_t>& all) { return {all, "made"}; }

TEST(TokenTable, WindowsPredictEveryTokenButTheFirstOnce) {
  const TokenTable table({tokens({0, 1, 2, 3, 4, 5, 6, 7}), tokens({10, 11}), tokens({20})},
                         {.length = 3});
  ASSERT_EQ(table.rows(), 4);
  EXPECT_THAT(table.of(0), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(table.of(1), ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(table.of(2), ElementsAre(6, 7)) << "the rest is a row, too";
  EXPECT_THAT(table.of(3), ElementsAre(10, 11));
  EXPECT_THAT(table.ids, ElementsAre(0, 3, 6, 8)) << "offsets over all files";
  EXPECT_THAT(table.tags, ElementsAre(0, 0, 0, 1));
}

TEST(TokenTable, DocumentsReachFromOneEndToTheNext) {
  // As nanoGPT writes them, then as llm.c does; one document is longer than a row.
  const TokenTable ended({tokens({1, 2, 0, 3, 4, 5, 6, 7, 0, 8, 0})},
                         {.length = 4, .document_end = 0});
  ASSERT_EQ(ended.rows(), 4);
  EXPECT_THAT(ended.of(0), ElementsAre(1, 2, 0));
  EXPECT_THAT(ended.of(1), ElementsAre(0, 3, 4, 5, 6));
  EXPECT_THAT(ended.of(2), ElementsAre(6, 7, 0));
  EXPECT_THAT(ended.of(3), ElementsAre(0, 8, 0));
  const TokenTable begun({tokens({0, 1, 2, 0, 0, 3})}, {.length = 4, .document_end = 0});
  ASSERT_EQ(begun.rows(), 3);
  EXPECT_THAT(begun.of(0), ElementsAre(0, 1, 2, 0));
  EXPECT_THAT(begun.of(1), ElementsAre(0, 0));
  EXPECT_THAT(begun.of(2), ElementsAre(0, 3));
}

TEST(TokenTable, NamesATokenBeyondTheVocabulary) {
  const TokenTable table({tokens({5, 6, 7}), tokens({5, 900, 7})}, {.length = 3});
  table.expect_below(901);
  EXPECT_THAT(message_of([&] { table.expect_below(900); }),
              HasSubstr("tokens below the 900 of the vocabulary, got 900 at position 1"));
}

TEST(TokenTable, RefusesToBeEmpty) {
  EXPECT_THAT(message_of([] { TokenTable({tokens({5})}, {.length = 3}); }),
              HasSubstr("read made: expected at least one row of two tokens, got none"));
  EXPECT_THAT(message_of([] { TokenTable({}, {.length = 3}); }), HasSubstr("at least one row"));
  EXPECT_THAT(message_of([] {
                TokenTable({tokens({5, 6})}, {.length = 0});
              }),
              HasSubstr("a length from 1"));
}

}  // namespace
}  // namespace jest::testing

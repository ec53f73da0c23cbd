#include "prepare/texts/token_texts.hpp"

#include <gmock/gmock.h>
#include <sentencepiece_processor.h>

#include <cstring>
#include <map>
#include <random>
#include <set>
#include <string>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "prepare/docs/doc_rows.hpp"
#include "prepare/temporary_folder.hpp"
#include "prepare/texts/piece_training.hpp"
#include "prepare/texts/text_choice.hpp"
#include "prepare/texts/text_sources.hpp"

namespace jest::studies {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr int kPieces = 400;

/// Programs of made-up words, with indentation, tabs and letters beyond ASCII.
std::string program(int seed, int lines = 60) {
  std::minstd_rand random(static_cast<unsigned>(seed) + 1);
  const auto word = [&] {
    std::string made;
    for (auto k = 2 + random() % 4; k > 0; --k) {
      (made += "bcdfghjklm"[random() % 10]) += "aeiou"[random() % 5];
    }
    return made;
  };
  std::string all;
  for (int line = 0; line < lines; ++line) {
    all += std::string(4 * (random() % 3), ' ') + word() + "(" + word() + ", " + word() + ")";
    all += line % 7 == 0 ? "  # é\t\xF0\x9F\x98\x80\r\n\n" : "\n";
  }
  return all;
}

std::map<std::string, Documents> made_files() {
  std::map<std::string, Documents> files;
  int seed = 0;
  for (const char* file : {"curated/a.bin", "pool/a.bin", "pool/b.bin", "eval-c.bin"}) {
    for (int k = 0; k < 12; ++k) files[file].push_back({text("f", k), program(++seed)});
  }
  return files;
}

PreparedFolder made_folder(const std::filesystem::path& path) {
  return {"token-texts",
          path,
          {"curated/a.bin", "pool/a.bin", "pool/b.bin", "eval-c.bin"},
          {"spiece.model", "tokenizer.json"},
          "tokens"};
}

TokenTextsCommand made_command() {
  TokenTextsCommand command;
  command.vocabulary = kPieces;
  return command;
}

nlohmann::ordered_json write_made(const PreparedFolder& folder) {
  return write_token_texts(folder, made_files(), made_command(), {{"seed", 0}});
}

std::vector<std::string> lines_of_programs() {
  LineSample sample(1, 1, 0);
  for (int seed = 0; seed < 40; ++seed) sample.add(program(seed));
  return sample.lines();
}

TextOffer offer(const std::string& file, std::size_t most_bytes, int count, int shared = 0) {
  TextOffer made;
  made.place = {file, most_bytes};
  for (int k = 0; k < count; ++k) {
    const std::string line = k < shared ? text("shared ", k) : text(file, ' ', k);
    made.documents.push_back({text("file", k), line + std::string(100 - line.size(), '.')});
  }
  return made;
}

std::vector<std::string> texts(const Documents& documents) {
  std::vector<std::string> all;
  for (const Document& document : documents) all.push_back(document.text);
  return all;
}

/// What is taken of one offer.
std::vector<std::string> chosen_of(const Documents& documents, std::size_t most_bytes,
                                   std::size_t longest = std::string::npos) {
  TextOffer made;
  made.place.file = "pool/a.bin";
  made.place.most_bytes = most_bytes;
  made.documents = documents;
  return texts(choose_texts({made}, 0, longest).at("pool/a.bin"));
}

TEST(TextSources, HeldOutPackagesAreNowhereElse) {
  for (const char* name : {"docs", "code"}) {
    std::map<std::string, std::set<std::string>> files;  // of a package: held-out ones, or "rest"
    for (const TextSource& source : corpus_of(name).sources) {
      const std::string& file = source.place.file;
      files[source.package].insert(is_held_out(file) ? file : "rest");
    }
    std::set<std::string> held_out;
    for (const auto& [package, parts] : files) {
      EXPECT_THAT(parts, SizeIs(1)) << package;
      if (!parts.contains("rest")) held_out.insert(*parts.begin());
    }
    EXPECT_THAT(held_out, SizeIs(2)) << name;
  }
}

TEST(TextSources, FoldersHaveAsManyTagsAsRowsCanBear) {
  for (const char* name : {"docs", "code"}) {
    std::map<std::string, int> files;
    for (const std::string& file : token_files_of(corpus_of(name))) {
      ++files[file.substr(0, file.find('/'))];
    }
    EXPECT_GE(files["curated"], 1) << name;
    EXPECT_GE(files["pool"], 12) << name;
    EXPECT_LE(files["pool"], 16) << name;
  }
  EXPECT_THROW(corpus_of("songs"), Error);
}

TEST(TextSources, ASixthOfTheCodeIsPython) {
  std::size_t python = 0, all = 0;
  for (const TextSource& source : corpus_of("code").sources) {
    if (!source.place.file.starts_with("pool/")) continue;
    all += source.place.most_bytes;
    if (source.place.file == "pool/python.bin") python += source.place.most_bytes;
  }
  EXPECT_EQ(all, 38'000'000U);
  EXPECT_EQ(python * 100, all * 15);
}

TEST(TextSources, DocsHaveTheBytesOfTheirRows) {
  const Corpus docs = corpus_of("docs");
  std::size_t pool = docs.licences * kChunkBytes;
  for (const auto& language : docs.description_languages) {
    pool += description_place(language).most_bytes;
  }
  for (const TextSource& source : docs.sources) {
    if (source.place.file.starts_with("pool/")) pool += source.place.most_bytes;
  }
  EXPECT_EQ(pool, 232'000 * kChunkBytes);
}

TEST(TextChoice, TakesWholeDocumentsAndCutsTheLast) {
  const auto files = choose_texts({offer("pool/a.bin", 550, 20)}, 1);
  const Documents& taken = files.at("pool/a.bin");
  ASSERT_THAT(taken, SizeIs(6));
  for (std::size_t k = 0; k < 6; ++k) EXPECT_EQ(taken[k].text.size(), k < 5 ? 100U : 50U);
  EXPECT_THAT(choose_texts({offer("pool/a.bin", 5000, 20)}, 1).at("pool/a.bin"), SizeIs(20));
}

TEST(TextChoice, CutsBetweenCharactersAndMendsWhatIsNoUtf8) {
  EXPECT_THAT(chosen_of({{"f", "aé€"}}, 4), ElementsAre("aé"));
  EXPECT_THAT(chosen_of({{"f", "caf\xE9!"}}, 40), ElementsAre("caf\xEF\xBF\xBD!"));
}

TEST(TextChoice, LeavesOutWhatIsNoTextOrTooLong) {
  const Documents odd{{"empty", ""},
                      {"zero", std::string("a\0b", 3)},
                      {"long", std::string(51, 'l')},
                      {"right", std::string(50, 'r')}};
  EXPECT_THAT(chosen_of(odd, 4000, 50), ElementsAre(StartsWith("rrr")));
}

TEST(TextChoice, NothingElseHasAHeldOutText) {
  const auto files =
      choose_texts({offer("pool/a.bin", 1000, 60, 20), offer("curated/a.bin", 1000, 60, 20),
                    offer("eval-b.bin", 5000, 50, 20), offer("eval-c.bin", 5000, 50, 20)},
                   3);
  std::set<std::string> held_out;
  for (const char* file : {"eval-b.bin", "eval-c.bin"}) {
    for (const std::string& text : texts(files.at(file))) {
      EXPECT_TRUE(held_out.insert(text).second);
    }
  }
  EXPECT_THAT(held_out, SizeIs(80));
  for (const char* file : {"curated/a.bin", "pool/a.bin"}) {
    EXPECT_THAT(files.at(file), SizeIs(10));
    for (const std::string& text : texts(files.at(file))) EXPECT_FALSE(held_out.contains(text));
  }
}

TEST(TextChoice, IsDrawnByTheSeedButForWhatIsHeldOut) {
  const auto chosen = [](std::uint64_t seed, const char* file) {
    return texts(choose_texts({offer("pool/a.bin", 1000, 60), offer("eval-b.bin", 1000, 60)}, seed)
                     .at(file));
  };
  EXPECT_EQ(chosen(1, "pool/a.bin"), chosen(1, "pool/a.bin"));
  EXPECT_NE(chosen(1, "pool/a.bin"), chosen(2, "pool/a.bin"));
  EXPECT_EQ(chosen(1, "eval-b.bin"), chosen(2, "eval-b.bin"));
}

TEST(LineSample, IsAShareOfTheLinesBySeed) {
  const auto sampled = [](std::uint64_t seed) {
    LineSample sample(1000, 250, seed);
    for (int k = 0; k < 100; ++k) sample.add(text(k, "\n", k, "\n\n", k, "\n"));
    return sample.lines();
  };
  EXPECT_NEAR(static_cast<double>(sampled(1).size()), 100, 30);  // of 400
  EXPECT_EQ(sampled(1), sampled(1));
  EXPECT_NE(sampled(1), sampled(2));
}

TEST(PieceTraining, PiecesSayATextByteForByte) {
  sentencepiece::SentencePieceProcessor processor;
  const std::string model = train_pieces(lines_of_programs(), kPieces);
  ASSERT_TRUE(processor.LoadFromSerializedProto(model).ok());
  EXPECT_EQ(processor.GetPieceSize(), kPieces);
  EXPECT_EQ(processor.bos_id(), -1);
  for (int id = 0; id < kPieces; ++id) {
    const std::string piece = processor.IdToPiece(id);
    EXPECT_TRUE(piece.size() == 1 || piece.find_first_of("\n\t") == piece.npos) << piece;
  }
  const std::string odd = "  \n\t\t x  = \"日本\"\r\n\n\n        y\xF0\x9F\x98\x80   ";
  for (const std::string& text : {program(99), odd}) {
    std::vector<int> ids;
    std::string decoded;
    ASSERT_TRUE(processor.Encode(text, &ids).ok());
    ASSERT_TRUE(processor.Decode(ids, &decoded).ok());
    EXPECT_EQ(decoded, text);
    EXPECT_THAT(ids, ::testing::Not(::testing::Contains(processor.unk_id())));
  }
  std::vector<std::string> indented;
  ASSERT_TRUE(processor.Encode("        ba", &indented).ok());
  EXPECT_LT(indented.size(), 8U);  // spaces are not taken one by one
}

TEST(PieceTraining, GivesTheSameBytesForTheSameLines) {
  EXPECT_EQ(train_pieces(lines_of_programs(), kPieces), train_pieces(lines_of_programs(), kPieces));
}

TEST(PieceTraining, TooLittleTextIsRefusedInOneLine) {
  for (const int pieces : {300, 5000}) {
    try {
      train_pieces({"a b c"}, pieces);
      ADD_FAILURE() << pieces;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("train a sentencepiece model: expected texts for"));
      EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("\n")));
    }
  }
}

TEST(TokenTexts, FilesHoldTheDocumentsInPieces) {
  const TemporaryFolder out;
  const auto manifest = write_made(made_folder(out.path()));
  sentencepiece::SentencePieceProcessor processor;
  ASSERT_TRUE(processor.LoadFromSerializedProto(read_file(out.path() / "spiece.model")).ok());
  const auto pieces = nlohmann::json::parse(read_file(out.path() / "tokenizer.json"));
  EXPECT_THAT(pieces.at("model").at("vocab"), SizeIs(kPieces));
  EXPECT_EQ(manifest.at("document_end"), processor.eos_id());
  for (const auto& [file, documents] : made_files()) {
    const std::string bytes = read_file(out.path() / file);
    std::int32_t header[3];
    std::memcpy(header, bytes.data(), sizeof header);
    EXPECT_THAT(header, ElementsAre(20240520, 1, (bytes.size() - 1024) / 2));
    std::vector<std::uint16_t> tokens((bytes.size() - 1024) / 2);
    std::memcpy(tokens.data(), bytes.data() + 1024, 2 * tokens.size());
    std::string all, expected;
    std::vector<int> document;
    for (const int token : tokens) {
      if (token != processor.eos_id()) {
        document.push_back(token);
        continue;
      }
      std::string text;
      ASSERT_TRUE(processor.Decode(document, &text).ok());
      (all += text) += '\0';
      document.clear();
    }
    for (const Document& one : documents) (expected += one.text) += '\0';
    EXPECT_EQ(all, expected) << file;
    const auto& said = manifest.at("files").at(file);
    EXPECT_EQ(said.at("tokens"), tokens.size());
    EXPECT_EQ(said.at("documents"), 12);
    EXPECT_EQ(said.at("bytes"), expected.size() - 12);
  }
}

TEST(TokenTexts, AreTheSameOnEveryRun) {
  const TemporaryFolder one, two;
  EXPECT_EQ(write_made(made_folder(one.path())), write_made(made_folder(two.path())));
}

TEST(TokenTexts, AFinishedFolderIsLeftAloneAnInterruptedOneBegunAnew) {
  const TemporaryFolder out;
  const PreparedFolder folder = made_folder(out.path());
  int made = 0;
  const auto fill = [&] {
    fill_once(folder, {{"seed", 0}}, [&](const auto&) {
      ++made;
      return write_made(folder);
    });
  };
  std::filesystem::create_directories(out.path() / "pool");
  write_file(out.path() / "pool/a.bin.tmp-123", "what a kill left");
  ::testing::internal::CaptureStdout();
  fill();
  fill();
  EXPECT_EQ(made, 1);
  const std::string summary = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(summary, HasSubstr("tag            curated      pool    eval-c\n"));
  write_file(out.path() / "pool/b.bin", "half");
  ::testing::internal::CaptureStdout();
  fill();
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), summary.substr(summary.size() / 2));
  EXPECT_EQ(made, 2);
}

TEST(TokenTexts, ForeignFilesInFoldersAreRefused) {
  const TemporaryFolder out;
  std::filesystem::create_directories(out.path() / "pool");
  write_file(out.path() / "pool/letter.txt", "a file of the user's");
  try {
    existing_manifest(made_folder(out.path()), {});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("one that holds pool/letter.txt"));
  }
  const TemporaryFolder other;
  std::filesystem::create_directories(other.path() / "photographs");
  EXPECT_THROW(existing_manifest(made_folder(other.path()), {}), Error);
}

TEST(TokenTexts, WhatCannotBeMadeIsRefused) {
  const TemporaryFolder out;
  auto files = made_files();
  files.erase("pool/b.bin");
  EXPECT_THROW(write_token_texts(made_folder(out.path()), files, made_command(), {}), Error);
  EXPECT_THROW(prepare_token_texts({out.path(), "songs", 4096, 0, "1.0"}), Error);
  EXPECT_THROW(prepare_token_texts({out.path(), "code", 299, 0, "1.0"}), Error);
  EXPECT_THROW(prepare_token_texts({out.path(), "code", 65'537, 0, "1.0"}), Error);
  EXPECT_THROW(prepare_token_texts({"/proc/nowhere", "code", 4096, 0, "1.0"}), Error);
}

}  // namespace
}  // namespace jest::studies

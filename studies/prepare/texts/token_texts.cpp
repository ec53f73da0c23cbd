#include "prepare/texts/token_texts.hpp"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "prepare/apt_index.hpp"
#include "prepare/deb_packages.hpp"
#include "prepare/docs/doc_reading.hpp"
#include "prepare/progress.hpp"
#include "prepare/temporary_folder.hpp"
#include "prepare/texts/piece_training.hpp"
#include "prepare/texts/text_choice.hpp"
#include "prepare/texts/text_sources.hpp"
#include "tokens/pieces.hpp"
#include "tokens/token_stream.hpp"

namespace jest::studies {
namespace {

using Json = nlohmann::ordered_json;
using sentencepiece::SentencePieceProcessor;

constexpr const char* kModel = "spiece.model";
constexpr const char* kPieces = "tokenizer.json";
constexpr std::size_t kSampleBytes = 6'000'000;  // a model is trained on: some ten seconds
constexpr int kFewestPieces = 300;               // 256 of them are bytes
constexpr int kMostPieces = 1 << 16;

Json requested(const TokenTextsCommand& command) {
  return {{"command", text("jest-data token-texts --corpus ", command.corpus, " --vocabulary ",
                           command.vocabulary, " --seed ", command.seed)},
          {"version", command.version},
          {"corpus", command.corpus},
          {"vocabulary", command.vocabulary},
          {"seed", command.seed}};
}

struct Fetched {
  std::vector<AptIndex> indexes;
  std::vector<DebPackage> packages;
};

Fetched fetch(const Corpus& corpus, const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const TextSource& source : corpus.sources) {
    if (std::ranges::find(names, source.package) == names.end()) names.push_back(source.package);
  }
  progress("fetching apt's indexes, up to 70 MB");
  Fetched fetched;
  fetched.indexes = fetch_indexes(folder, {corpus.description_languages, true});
  progress("fetching ", names.size(), " packages, about ", corpus.licences > 0 ? 160 : 120, " MB");
  fetched.packages = fetch_packages(folder, names);
  return fetched;
}

std::vector<TextOffer> read_all(const Corpus& corpus, const Fetched& fetched,
                                const std::filesystem::path& folder) {
  std::vector<TextOffer> offers;
  const auto add = [&](const TextPlace& place, Documents documents) {
    progress("read ", documents.size(), " documents for ", place.file);
    offers.push_back({place, std::move(documents)});
  };
  for (const TextSource& source : corpus.sources) {
    const auto package = std::ranges::find(fetched.packages, source.package, &DebPackage::name);
    add(source.place, read_documents(*package, source.files, source.form, folder));
  }
  for (const std::string& language : corpus.description_languages) {
    add(description_place(language), read_description_documents(fetched.indexes, language));
  }
  if (corpus.licences > 0) {
    add(licence_place(corpus.licences), licence_documents(corpus.licences));
  }
  return offers;
}

std::string trained_model(const std::map<std::string, Documents>& files,
                          const TokenTextsCommand& command) {
  std::size_t bytes = 0;
  for (const auto& [file, documents] : files) {
    if (is_held_out(file)) continue;
    for (const Document& document : documents) bytes += document.text.size();
  }
  LineSample sample(bytes, kSampleBytes, command.seed);
  for (const auto& [file, documents] : files) {
    if (is_held_out(file)) continue;
    for (const Document& document : documents) sample.add(document.text);
  }
  return train_pieces(sample.lines(), command.vocabulary);
}

Json write_tokens(const std::filesystem::path& path, const Documents& documents,
                  const SentencePieceProcessor& processor) {
  apps::tokens::TokenStream stream(processor.GetPieceSize(), processor.eos_id());
  std::size_t bytes = 0;
  for (const Document& document : documents) {
    std::vector<int> tokens;
    if (!processor.Encode(document.text, &tokens).ok()) {
      refuse("write " + path.string(), "texts that the model takes", document.name);
    }
    stream.add_document(tokens);
    bytes += document.text.size();
  }
  std::filesystem::create_directories(path.parent_path());
  stream.write(path);
  return {{"tokens", stream.tokens()},
          {"documents", stream.documents()},
          {"bytes", bytes},
          {"sha256", file_sha256(path.string())}};
}

Json write_other(const std::filesystem::path& path, const std::string& content) {
  write_file(path, content);
  return {{"sha256", file_sha256(path.string())}};
}

Json prepare(const PreparedFolder& folder, const Corpus& corpus, const TokenTextsCommand& command,
             Json request) {
  const TemporaryFolder private_folder;
  const Fetched fetched = fetch(corpus, private_folder.path());
  const auto files = choose_texts(read_all(corpus, fetched, private_folder.path() / "unpacked"),
                                  command.seed, corpus.longest);
  request["packages"] = describe_packages(fetched.packages);
  request["indexes"] = describe_indexes(fetched.indexes);
  return write_token_texts(folder, files, command, std::move(request));
}

}  // namespace

PreparedFolder token_texts_folder(const TokenTextsCommand& command) {
  return {"token-texts",
          command.out,
          token_files_of(corpus_of(command.corpus)),
          {kModel, kPieces},
          "tokens"};
}

Json write_token_texts(const PreparedFolder& folder, const std::map<std::string, Documents>& files,
                       const TokenTextsCommand& command, Json description) {
  remove_manifest(folder);
  for (const std::string& name : folder.tables) {
    if (!files.contains(name)) refuse(folder.command, "texts for " + name, "none");
  }
  progress("training a sentencepiece model of ", command.vocabulary, " pieces");
  const std::string model = trained_model(files, command);
  SentencePieceProcessor processor;
  if (!processor.LoadFromSerializedProto(model).ok()) {
    refuse(folder.command, "a sentencepiece model", "none that can be read");
  }
  progress("writing the tokens");
  description["document_end"] = processor.eos_id();
  auto& said = description["files"];
  for (const std::string& name : folder.tables) {
    said[name] = write_tokens(folder.path / name, files.at(name), processor);
  }
  said[kModel] = write_other(folder.path / kModel, model);
  said[kPieces] = write_other(folder.path / kPieces, apps::tokens::tokenizer_json(processor));
  write_manifest(folder, description);
  return description;
}

void prepare_token_texts(const TokenTextsCommand& command) {
  if (command.vocabulary < kFewestPieces || command.vocabulary > kMostPieces) {
    refuse("--vocabulary", text("from ", kFewestPieces, " to ", kMostPieces), command.vocabulary);
  }
  const Corpus corpus = corpus_of(command.corpus);
  const PreparedFolder folder = token_texts_folder(command);
  fill_once(folder, requested(command),
            [&](Json request) { return prepare(folder, corpus, command, std::move(request)); });
}

}  // namespace jest::studies

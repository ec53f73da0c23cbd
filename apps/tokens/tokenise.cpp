#include "tokens/tokenise.hpp"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "jest/io/atomic_file.hpp"
#include "parse_json.hpp"

namespace jest::apps::tokens {
namespace {

using sentencepiece::SentencePieceProcessor;

constexpr std::int32_t kNarrow[] = {20240520, 1};  // magic and version of llm.c's 16 bits
constexpr std::int32_t kWide[] = {20240801, 7};    // and of its 32
constexpr int kLargestNarrow = 1 << 16;

void load(const std::filesystem::path& path, SentencePieceProcessor& processor) {
  const std::string operation = "read " + path.string();
  if (!processor.LoadFromSerializedProto(read_file(path)).ok() || processor.GetPieceSize() < 1) {
    refuse(operation, "a sentencepiece model", "another file");
  }
  if (processor.eos_id() < 0) refuse(operation, "a piece for the end of a text", "none");
}

/// `visit(text, operation)` of every document of a file, one a line.
template <class Visit>
void for_documents(const std::filesystem::path& path, const Visit& visit) {
  const std::string content = read_file(path);
  std::int64_t number = 0;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    const std::string line = content.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    const std::string operation = text("read ", path.string(), ":", number);
    const auto json = parse_json(line, operation);
    if (!json.is_object() || !json.contains("text") || !json["text"].is_string()) {
      refuse(operation, "an object with \"text\", a string", "another value");
    }
    visit(json["text"].template get<std::string>(), operation);
  }
}

/// What was made of the texts.
struct Made {
  std::string bytes;  ///< of tokens
  std::int64_t tokens = 0;
  std::int64_t documents = 0;
};

class Writer {
 public:
  explicit Writer(bool wide) : wide_(wide) {}

  void add(int token) {
    const auto number = static_cast<std::uint32_t>(token);
    for (int byte = 0; byte < (wide_ ? 4 : 2); ++byte) {
      made.bytes += static_cast<char>(number >> 8 * byte);
    }
    ++made.tokens;
  }

  Made made;

 private:
  bool wide_;
};

Made tokens_of(const TokeniseArguments& arguments, const SentencePieceProcessor& processor) {
  Writer writer(processor.GetPieceSize() > kLargestNarrow);
  for (const auto& path : arguments.texts) {
    for_documents(path, [&](const std::string& document, const std::string& operation) {
      std::vector<int> ids;
      if (!processor.Encode(document, &ids).ok()) {
        refuse(operation, "a text that the model takes", "another");
      }
      for (const int id : ids) writer.add(id);
      writer.add(processor.eos_id());
      ++writer.made.documents;
    });
  }
  if (writer.made.documents == 0) {
    refuse("read " + arguments.texts.front().string(), "at least one text", "none");
  }
  return writer.made;
}

std::string header_of(const Made& made, bool wide) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (made.tokens > kMost) {
    refuse("jest-tokens", text("at most ", kMost, " tokens a file"), made.tokens);
  }
  std::int32_t header[256] = {};
  std::copy_n(wide ? kWide : kNarrow, 2, header);
  header[2] = static_cast<std::int32_t>(made.tokens);
  return {reinterpret_cast<const char*>(header), sizeof header};
}

std::string pieces_of(const SentencePieceProcessor& processor) {
  auto vocabulary = nlohmann::json::array();
  auto marks = nlohmann::json::array();
  for (int id = 0; id < processor.GetPieceSize(); ++id) {
    vocabulary.push_back({processor.IdToPiece(id), processor.GetScore(id)});
    if (!processor.IsControl(id) && !processor.IsUnused(id)) continue;
    marks.push_back({{"id", id}, {"content", processor.IdToPiece(id)}, {"special", true}});
  }
  return nlohmann::json{{"model", {{"type", "Unigram"}, {"vocab", vocabulary}}},
                        {"added_tokens", marks}}
             .dump() +
         "\n";
}

}  // namespace

std::string tokenise(const TokeniseArguments& arguments) {
  SentencePieceProcessor processor;
  load(arguments.model, processor);
  const Made made = tokens_of(arguments, processor);
  const bool wide = processor.GetPieceSize() > kLargestNarrow;
  write_file(arguments.out, header_of(made, wide) + made.bytes);
  if (!arguments.pieces.empty()) write_file(arguments.pieces, pieces_of(processor));
  const nlohmann::ordered_json line{{"documents", made.documents},
                                    {"tokens", made.tokens},
                                    {"vocabulary", processor.GetPieceSize()},
                                    {"document_end", processor.eos_id()}};
  return line.dump();
}

}  // namespace jest::apps::tokens

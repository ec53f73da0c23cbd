#include "tokens/tokenise.hpp"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "jest/io/atomic_file.hpp"
#include "parse_json.hpp"
#include "tokens/pieces.hpp"
#include "tokens/token_stream.hpp"

namespace jest::apps::tokens {
namespace {

using sentencepiece::SentencePieceProcessor;

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

TokenStream tokens_of(const TokeniseArguments& arguments, const SentencePieceProcessor& processor) {
  TokenStream stream(processor.GetPieceSize(), processor.eos_id());
  for (const auto& path : arguments.texts) {
    for_documents(path, [&](const std::string& document, const std::string& operation) {
      std::vector<int> ids;
      if (!processor.Encode(document, &ids).ok()) {
        refuse(operation, "a text that the model takes", "another");
      }
      stream.add_document(ids);
    });
  }
  if (stream.documents() == 0) {
    refuse("read " + arguments.texts.front().string(), "at least one text", "none");
  }
  return stream;
}

}  // namespace

std::string tokenise(const TokeniseArguments& arguments) {
  SentencePieceProcessor processor;
  load(arguments.model, processor);
  const TokenStream stream = tokens_of(arguments, processor);
  stream.write(arguments.out);
  if (!arguments.pieces.empty()) write_file(arguments.pieces, tokenizer_json(processor));
  const nlohmann::ordered_json line{{"documents", stream.documents()},
                                    {"tokens", stream.tokens()},
                                    {"vocabulary", processor.GetPieceSize()},
                                    {"document_end", processor.eos_id()}};
  return line.dump();
}

}  // namespace jest::apps::tokens

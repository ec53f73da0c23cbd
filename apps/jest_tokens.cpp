// jest-tokens: from texts to the token files of `jest-train tokens`.

#include "command_line.hpp"
#include "input_file.hpp"
#include "tokens/tokenise.hpp"

namespace {

constexpr const char* kDescription =
    "Makes tokens of texts by a sentencepiece model, for `jest-train tokens`. Reads\n"
    "JSONL, an object a line with a string \"text\": a document. Behind each document\n"
    "stands the model's token for the end, which the line of JSON that is printed\n"
    "names: give it as --document-end.\n";

}  // namespace

int main(int argc, char** argv) {
  using namespace jest::apps;
  CLI::App app(kDescription, "jest-tokens");
  app.set_version_flag("--version", "jest-tokens " JEST_VERSION);
  tokens::TokeniseArguments arguments;
  const auto path = [&](const char* name, auto& value, const char* help) {
    return app.add_option(name, value, help)->type_name("FILE");
  };
  path("--model", arguments.model, "A sentencepiece model (.model)")->required();
  path("--out", arguments.out, "Gets the tokens, a .bin as llm.c has it")->required();
  path("--pieces", arguments.pieces,
       "Gets a tokenizer.json of the pieces, for\n--tokenizer: bits per byte");
  path("--texts", arguments.texts, "JSONL; several are one stream of documents")
      ->required()
      ->expected(1, -1);
  app.callback([&] {
    expect_file("--model", arguments.model);
    for (const auto& texts : arguments.texts) expect_file("--texts", texts);
    std::cout << tokens::tokenise(arguments) << '\n';
  });
  return run_program(app, argc, argv);
}

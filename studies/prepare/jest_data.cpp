// Prepares data for the studies and examples of this project on the user's own machine.

#include "command_line.hpp"
#include "prepare/docs/debian_docs.hpp"
#include "prepare/fashion/fashion_mnist.hpp"
#include "prepare/glyphs/glyph_names.hpp"
#include "prepare/languages.hpp"
#include "prepare/pictures/picture_captions.hpp"
#include "prepare/texts/token_texts.hpp"
#include "prepare/translations.hpp"

namespace {

/// In lines that fit the column of explanations.
std::string languages_in_lines() {
  std::string list = jest::studies::language_list();
  list[list.find(' ', list.size() / 2)] = '\n';
  return list;
}

void add_translations(CLI::App& app, jest::studies::TranslationsCommand& command) {
  CLI::App* sub =
      app.add_subcommand("translations", "Translations of Debian's package descriptions");
  sub->add_option("--target", command.spec.target,
                  "Language to specialise for, one of\n" + languages_in_lines())
      ->required();
  sub->add_option("--out", command.out,
                  "Folder for curated.tsv, pool.tsv, eval.tsv,\nmanifest.json")
      ->required();
  sub->add_option("--noise", command.spec.noise,
                  "Share of the pool with exchanged translations,\nin [0, 1)")
      ->capture_default_str();
  sub->add_option(
         "--mismatched", command.spec.mismatched,
         "Pool of the target's pairs alone, with mismatched\nones added until they are this share")
      ->capture_default_str();
  sub->add_option("--seed", command.spec.seed, "Draws the curated rows and the noise")
      ->capture_default_str();
  sub->callback([&command] { jest::studies::prepare_translations(command); });
}

void add_debian_docs(CLI::App& app, jest::studies::DebianDocsCommand& command) {
  CLI::App* sub = app.add_subcommand("debian-docs", "Debian's documentation in rows of 160 bytes");
  sub->add_option("--out", command.out, "Folder for four .safetensors tables, manifest.json")
      ->required();
  sub->add_option("--copies", command.copies,
                  "Make the pool's prose near-copies of so many of\nits rows; 0: leave it as it is")
      ->capture_default_str();
  sub->add_option("--seed", command.seed, "Draws which rows are taken")->capture_default_str();
  sub->callback([&command] { jest::studies::prepare_debian_docs(command); });
}

void add_token_texts(CLI::App& app, jest::studies::TokenTextsCommand& command) {
  CLI::App* sub = app.add_subcommand("token-texts", "Tokens of whole texts, and their tokenizer");
  sub->add_option("--corpus", command.corpus,
                  "docs: debian-docs' packages and bytes; code:\nPython between other languages")
      ->required();
  sub->add_option("--vocabulary", command.vocabulary, "Pieces of the tokenizer")
      ->capture_default_str();
  sub->add_option("--out", command.out,
                  "Folder for curated, pool (.bin of llm.c, a tag\neach), eval-NAME.bin, "
                  "spiece.model,\ntokenizer.json, manifest.json")
      ->required();
  sub->add_option("--seed", command.seed, "Draws which documents are taken")->capture_default_str();
  sub->callback([&command] { jest::studies::prepare_token_texts(command); });
}

void add_glyph_names(CLI::App& app, jest::studies::GlyphNamesCommand& command) {
  CLI::App* sub = app.add_subcommand("glyph-names", "Glyphs of Debian's fonts and their names");
  sub->add_option("--out", command.out,
                  "Folder for four .safetensors tables, names.txt,\nmanifest.json")
      ->required();
  sub->add_option("--noise", command.spec.noise,
                  "Share of the pool with exchanged names,\nin [0, 1)")
      ->capture_default_str();
  sub->add_option("--seed", command.spec.seed, "Draws the curated rows, the pool and the noise")
      ->capture_default_str();
  sub->callback([&command] { jest::studies::prepare_glyph_names(command); });
}

void add_fashion_mnist(CLI::App& app, jest::studies::FashionMnistCommand& command) {
  CLI::App* sub = app.add_subcommand("fashion-mnist", "Pictures of clothes under ten labels");
  sub->add_option("--out", command.out,
                  "Folder for three .safetensors tables, names.txt,\nmanifest.json")
      ->required();
  sub->add_option("--noise", command.spec.noise,
                  "Share of the pool with exchanged labels,\nin [0, 1)")
      ->capture_default_str();
  sub->add_option("--seed", command.spec.seed, "Draws the curated rows and the noise")
      ->capture_default_str();
  sub->callback([&command] { jest::studies::prepare_fashion_mnist(command); });
}

void add_picture_captions(CLI::App& app, jest::studies::PictureCaptionsCommand& command) {
  CLI::App* sub =
      app.add_subcommand("picture-captions", "Tux Paint's stamps and emoji with names, in shards");
  auto& spec = command.spec;
  spec.languages = {"en", "de", "fr", "es", "pt_BR", "ru", "ja", "zh_CN"};
  sub->add_option("--out", command.out, "Folder for four .tar shards, manifest.json")->required();
  sub->add_option("--language", spec.language, "Language of curated and evaluation captions")
      ->capture_default_str();
  sub->add_option(
         "--languages", spec.languages,
         "Languages of the pool, comma-separated, as\nTux Paint spells them; all: every one")
      ->delimiter(',')
      ->capture_default_str();
  sub->add_option("--held-out", spec.held_out, "Share of the subjects that are only evaluated")
      ->capture_default_str();
  sub->add_option("--curated", spec.curated, "Share of the other stamps that are curated")
      ->capture_default_str();
  sub->add_option("--seed", spec.seed, "Draws subjects and curated stamps")->capture_default_str();
  sub->callback([&command, &spec] {
    if (spec.languages == std::vector<std::string>{"all"}) spec.languages.clear();
    jest::studies::prepare_picture_captions(command);
  });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Prepares data on this machine, of what apt-get fetches", "jest-data"};
  app.set_version_flag("--version", JEST_VERSION);
  app.require_subcommand(1);
  jest::studies::TranslationsCommand translations;
  translations.version = JEST_VERSION;
  add_translations(app, translations);
  jest::studies::DebianDocsCommand debian_docs;
  debian_docs.version = JEST_VERSION;
  add_debian_docs(app, debian_docs);
  jest::studies::TokenTextsCommand token_texts;
  token_texts.version = JEST_VERSION;
  add_token_texts(app, token_texts);
  jest::studies::GlyphNamesCommand glyph_names;
  glyph_names.version = JEST_VERSION;
  add_glyph_names(app, glyph_names);
  jest::studies::FashionMnistCommand fashion_mnist;
  fashion_mnist.version = JEST_VERSION;
  add_fashion_mnist(app, fashion_mnist);
  jest::studies::PictureCaptionsCommand picture_captions;
  picture_captions.version = JEST_VERSION;
  add_picture_captions(app, picture_captions);
  return jest::apps::run_program(app, argc, argv);
}

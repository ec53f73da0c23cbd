#include "prepare/texts/text_sources.hpp"

#include <algorithm>

#include "jest/core/error.hpp"
#include "prepare/docs/doc_rows.hpp"
#include "prepare/texts/code_sources.hpp"

namespace jest::studies {
namespace {

/// pool/rust.bin, or eval-git.bin.
std::string file_of(const DocSource& source) {
  const std::string& table = kDocTables[static_cast<std::size_t>(source.table)];
  const std::string part = table.substr(0, table.find('.'));
  return (is_held_out(part) ? part : text(part, '/', source.tag)) + ".bin";
}

Corpus docs_corpus() {
  Corpus corpus;
  for (const DocSource& source : doc_sources()) {
    corpus.sources.push_back({{file_of(source), source.most_rows * kChunkBytes},
                              source.package,
                              source.files,
                              source.form});
  }
  corpus.description_languages = kDescriptionLanguages;
  corpus.licences = kLicenceRows;
  return corpus;
}

}  // namespace

bool is_held_out(const std::string& file) { return file.starts_with("eval-"); }

TextPlace description_place(const std::string& language) {
  return {text("pool/descriptions-", language, ".bin"), kDescriptionRows * kChunkBytes};
}

TextPlace licence_place(std::size_t licences) {
  return {"pool/licence.bin", licences * kChunkBytes};
}

Corpus corpus_of(const std::string& name) {
  if (name == "docs") return docs_corpus();
  if (name == "code") return {code_sources(), {}, 0, kLongestCode};
  refuse("--corpus", "docs or code", name);
}

std::vector<std::string> token_files_of(const Corpus& corpus) {
  std::vector<std::string> files;
  const auto add = [&](const std::string& file) {
    if (std::ranges::find(files, file) == files.end()) files.push_back(file);
  };
  for (const TextSource& source : corpus.sources) add(source.place.file);
  for (const auto& language : corpus.description_languages) add(description_place(language).file);
  if (corpus.licences > 0) add(licence_place(corpus.licences).file);
  std::ranges::stable_partition(files, [](const auto& file) { return !is_held_out(file); });
  std::ranges::stable_partition(files,
                                [](const auto& file) { return file.starts_with("curated/"); });
  return files;
}

}  // namespace jest::studies

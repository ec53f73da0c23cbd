#pragma once
// Which packages the texts of a corpus are taken from, and which token file they go to.

#include <cstddef>
#include <string>
#include <vector>

#include "prepare/deb_packages.hpp"
#include "prepare/docs/doc_sources.hpp"

namespace jest::studies {

/// Where some of the texts of one token file are from.
struct TextPlace {
  std::string file;  // "pool/rust.bin": below curated/ and pool/ the tag is the file's name
  std::size_t most_bytes = 0;  // of text that is taken
};

struct TextSource {
  TextPlace place;
  std::string package;
  FilePatterns files;
  DocForm form = DocForm::kRaw;
};

struct Corpus {
  std::vector<TextSource> sources;
  std::vector<std::string> description_languages;  // package descriptions, for the pool
  std::size_t licences = 0;                        // times one sentence, for the pool
  std::size_t longest = std::string::npos;         // bytes of a document; longer ones are left out
};

/// docs, the documentation of `jest-data debian-docs` with as many bytes of every source, or code:
/// Python between other languages. Throws where the name is another.
Corpus corpus_of(const std::string& name);

/// The token files of a corpus: those of curated/, of pool/, then the held-out ones.
std::vector<std::string> token_files_of(const Corpus& corpus);

/// Held-out files lie beside the folders.
bool is_held_out(const std::string& file);

/// Of the package descriptions in a language.
TextPlace description_place(const std::string& language);
TextPlace licence_place(std::size_t licences);

}  // namespace jest::studies

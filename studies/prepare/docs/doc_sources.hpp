#pragma once
// Which packages the documentation is taken from, and what of them goes into which table.

#include <cstddef>
#include <string>
#include <vector>

#include "prepare/deb_packages.hpp"

namespace jest::studies {

/// In the order of the summary.
enum class DocTable { kCurated, kPool, kEvalPostgresql, kEvalGit };

inline const std::vector<std::string> kDocTables = {"curated.safetensors", "pool.safetensors",
                                                    "eval-postgresql.safetensors",
                                                    "eval-git.safetensors"};

enum class DocForm {
  kHtmlProse,  // HTML, of which the prose is taken
  kPodProse,   // Perl's documentation, likewise
  kRaw,        // as it is, decompressed
};

/// Files of one package.
struct DocSource {
  std::string tag;
  std::string package;
  FilePatterns files;
  DocForm form = DocForm::kRaw;
  DocTable table = DocTable::kPool;
  std::size_t most_rows = 0;
};

/// Every source that is a package. The pool's rows in the curated set's domain, tagged linux, rust
/// and perl, are 15 % of it; what is left of the pool, descriptions and the licence, is below.
std::vector<DocSource> doc_sources();

/// Package descriptions in languages that are not the evaluation's: these many rows of each.
inline const std::vector<std::string> kDescriptionLanguages = {"da", "it", "fr"};
inline constexpr std::size_t kDescriptionRows = 15'000;

/// One sentence, over and over.
inline constexpr std::size_t kLicenceRows = 8'000;

}  // namespace jest::studies

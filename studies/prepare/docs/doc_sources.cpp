#include "prepare/docs/doc_sources.hpp"

namespace jest::studies {
namespace {

constexpr const char* kHandbook = "./usr/share/doc/debian-handbook/html/en-US/";
constexpr const char* kPython = "./usr/share/doc/python3.11/html/";
constexpr const char* kPostgresql = "./usr/share/doc/postgresql-doc-15/html/";
constexpr const char* kLinux = "./usr/share/doc/linux-doc-6.1/html/";
constexpr const char* kRust = "./usr/share/doc/rust-doc/html/";
constexpr const char* kJava = "./usr/share/doc/openjdk-17-jre-headless/api/java.base/java/";

/// Every file with this ending in folders below `root`.
std::vector<std::string> below(const std::string& root, const std::vector<std::string>& folders,
                               const std::string& ending) {
  std::vector<std::string> patterns;
  for (const std::string& folder : folders) patterns.push_back(root + folder + "/*" + ending);
  return patterns;
}

std::vector<DocSource> curated_and_evaluation() {
  const FilePatterns python{
      below(kPython, {"c-api", "extending", "faq", "howto", "library", "reference", "tutorial"},
            ".html"),
      {}};
  return {
      {"handbook",
       "debian-handbook",
       {{std::string(kHandbook) + "*.html"}, {}},
       DocForm::kHtmlProse,
       DocTable::kCurated,
       7'000},
      {"python", "python3.11-doc", python, DocForm::kHtmlProse, DocTable::kCurated, 13'000},
      {"postgresql",
       "postgresql-doc-15",
       {{std::string(kPostgresql) + "*.html"}, {"*/release-*", "*/bookindex.html"}},
       DocForm::kHtmlProse,
       DocTable::kEvalPostgresql,
       5'000},
      {"git",
       "git-doc",
       {{"./usr/share/doc/git-doc/*.html"}, {}},
       DocForm::kHtmlProse,
       DocTable::kEvalGit,
       5'000},
  };
}

std::vector<DocSource> in_domain() {
  const FilePatterns linux_prose{
      below(kLinux, {"admin-guide", "core-api", "dev-tools", "filesystems", "mm", "process"},
            ".html"),
      {}};
  // A whole book on one page, and older editions, would repeat what stands on other pages.
  const FilePatterns rust{
      below(kRust, {"book", "nomicon", "reference", "rust-by-example"}, ".html"),
      {"*/print.html", "*/2018-edition/*", "*/first-edition/*", "*/second-edition/*"}};
  return {
      {"linux", "linux-doc-6.1", linux_prose, DocForm::kHtmlProse, DocTable::kPool, 15'000},
      {"rust", "rust-doc", rust, DocForm::kHtmlProse, DocTable::kPool, 9'000},
      {"perl",
       "perl-doc",
       {{"./usr/share/perl/*/pod/*.pod"}, {}},
       DocForm::kPodProse,
       DocTable::kPool,
       10'800},
  };
}

std::vector<DocSource> out_of_domain() {
  // Other folders than those whose prose is in the domain.
  const FilePatterns rst{
      below(std::string(kLinux) + "_sources/",
            {"driver-api", "hwmon", "networking", "trace", "userspace-api"}, ".rst.txt"),
      {}};
  return {
      {"emacs-lisp",
       "emacs-el",
       {{"./usr/share/emacs/*.el.gz"}, {}},
       DocForm::kRaw,
       DocTable::kPool,
       32'000},
      {"java-html",
       "openjdk-17-doc",
       {below(kJava, {"net", "nio", "util"}, ".html"), {}},
       DocForm::kRaw,
       DocTable::kPool,
       32'000},
      {"rst", "linux-doc-6.1", rst, DocForm::kRaw, DocTable::kPool, 25'200},
      {"dictionary",
       "dict-gcide",
       {{"./usr/share/dictd/gcide.dict.dz"}, {}},
       DocForm::kRaw,
       DocTable::kPool,
       30'000},
      {"troff",
       "manpages-dev",
       {{"./usr/share/man/*.gz"}, {}},
       DocForm::kRaw,
       DocTable::kPool,
       25'000},
  };
}

}  // namespace

std::vector<DocSource> doc_sources() {
  std::vector<DocSource> all = curated_and_evaluation();
  for (const auto& more : {in_domain(), out_of_domain()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace jest::studies

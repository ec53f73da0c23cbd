#include "prepare/texts/code_sources.hpp"

#include <string>
#include <utility>

#include "jest/core/error.hpp"

namespace jest::studies {
namespace {

constexpr const char* kModules = "./usr/lib/python3/dist-packages/";

/// Files of one package below `root`, with an ending.
TextSource source(const std::string& file, std::size_t most_bytes, const std::string& package,
                  const std::string& pattern, std::vector<std::string> exclude = {}) {
  return {{file + ".bin", most_bytes}, package, {{pattern}, std::move(exclude)}, DocForm::kRaw};
}

/// Of modules that users install, without their tests.
TextSource python(const std::string& file, std::size_t most_bytes, const std::string& name,
                  std::vector<std::string> exclude = {}) {
  for (const char* tests : {"*/test/*", "*/tests/*", "*/testing/*"}) exclude.push_back(tests);
  const std::string package = name == "mercurial" ? "mercurial-common" : "python3-" + name;
  return source(file, most_bytes, package, text(kModules, name, "/*.py"), std::move(exclude));
}

/// Of the standard library, without tests and tables.
TextSource standard_library(const std::string& package) {
  return source("curated/python", 2'000'000, package, "./usr/lib/python3.11/*.py",
                {"*/test/*", "*/tests/*", "*/encodings/*", "*/pydoc_data/*"});
}

std::vector<TextSource> in_python() {
  return {
      standard_library("libpython3.11-stdlib"),
      standard_library("libpython3.11-minimal"),
      python("eval-django", 1'500'000, "django", {"*/conf/locale/*"}),
      python("eval-sympy", 1'500'000, "sympy", {"*/rubi/*", "*/benchmarks/*"}),
      python("pool/python", 1'500'000, "twisted"),
      python("pool/python", 1'200'000, "sqlalchemy"),
      python("pool/python", 800'000, "networkx"),
      python("pool/python", 800'000, "nltk"),
      python("pool/python", 700'000, "mercurial"),
      python("pool/python", 700'000, "breezy"),
  };
}

std::vector<TextSource> in_other_languages() {
  return {
      source("pool/perl", 2'500'000, "perl-modules-5.36", "./usr/share/perl/*.p[lm]",
             {"*/unicore/*", "*/Unicode/Collate/*"}),
      source("pool/ruby", 2'500'000, "libruby3.1", "./usr/lib/ruby/*.rb"),
      source("pool/tcl", 2'500'000, "tcllib", "./usr/share/tcltk/*.tcl"),
      source("pool/go", 3'500'000, "golang-1.19-src", "./usr/share/go-1.19/src/*.go",
             {"*/testdata/*"}),
      source("pool/cpp", 3'500'000, "libboost1.81-dev", "./usr/include/boost/*.[hi]pp",
             {"*/preprocessed/*"}),
      source("pool/emacs-lisp", 2'800'000, "emacs-el", "./usr/share/emacs/*.el.gz", {"*/leim/*"}),
      source("pool/php", 2'000'000, "phpmyadmin", "./usr/share/phpmyadmin/*.php"),
      source("pool/javascript", 1'250'000, "libjs-three",
             "./usr/share/javascript/three/examples/js/*.js", {"*.min.js"}),
      source("pool/javascript", 1'250'000, "libjs-codemirror", "./usr/share/javascript/*.js",
             {"*.min.js"}),
      source("pool/erlang", 2'500'000, "erlang-src", "./usr/lib/erlang/lib/*.erl"),
      source("pool/lisp", 1'900'000, "sbcl-source", "./usr/share/sbcl-source/*.lisp"),
      source("pool/octave", 1'800'000, "octave-common", "./usr/share/octave/*/m/*.m"),
      source("pool/vim", 1'800'000, "vim-runtime", "./usr/share/vim/*.vim",
             {"*/lang/*", "*/keymap/*"}),
      source("pool/prolog", 1'300'000, "swi-prolog-core", "./usr/lib/swi-prolog/*.pl"),
      source("pool/cmake", 1'200'000, "cmake-data", "./usr/share/cmake-*.cmake"),
  };
}

}  // namespace

std::vector<TextSource> code_sources() {
  std::vector<TextSource> all = in_python();
  for (TextSource& one : in_other_languages()) all.push_back(std::move(one));
  return all;
}

}  // namespace jest::studies

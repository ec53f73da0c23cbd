#pragma once
// Packages of the corpus code: Python between other programming languages.

#include <cstddef>
#include <vector>

#include "prepare/texts/text_sources.hpp"

namespace jest::studies {

/// Python's standard library is curated; two packages of other kinds are held out, one for web
/// sites, one for algebra. The pool is 38 MB, of which 15 % are Python.
std::vector<TextSource> code_sources();

/// Longer files are tables that a program wrote rather than programs.
inline constexpr std::size_t kLongestCode = 256 * 1024;

}  // namespace jest::studies

#include "prepare/package_stem.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "jest/core/noise.hpp"
#include "prepare/row_id.hpp"

namespace jest::studies {
namespace {

constexpr double kHeldOutStems = 0.08;

// Longer names first where one begins with another.
constexpr std::array<std::string_view, 38> kNamespaces = {
    "golang-github-", "golang-gopkg-", "golang-golang-x-",
    "golang-",        "python3-",      "python-",
    "pypy3-",         "r-cran-",       "r-bioc-",
    "r-other-",       "node-",         "ruby-",
    "rust-",          "librust-",      "libghc-",
    "libghc6-",       "haskell-",      "texlive-",
    "fonts-",         "xfonts-",       "ttf-",
    "php-",           "lua-",          "elpa-",
    "vim-",           "libjs-",        "gir1.2-",
    "hunspell-",      "aspell-",       "myspell-",
    "hyphen-",        "mythes-",       "puppet-module-",
    "qml-module-",    "gap-",          "octave-",
    "erlang-",        "prometheus-"};

// Second parts that name a kind of package, not a source.
constexpr std::array<std::string_view, 12> kKinds = {
    "all", "base", "bin", "common", "core", "data", "dbg", "dev", "doc", "full", "tools", "utils"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "ssl1.1" and "pam0g" are "ssl" and "pam"; a name of digits alone stays.
std::string_view without_version(std::string_view part) {
  std::string_view name = part;
  const std::size_t size = name.size();
  if (size >= 2 && !is_digit(name[size - 1]) && is_digit(name[size - 2])) name.remove_suffix(1);
  if (name.empty() || !is_digit(name.back())) return part;
  while (!name.empty() && (is_digit(name.back()) || name.back() == '.')) name.remove_suffix(1);
  return name.empty() ? part : name;
}

std::string_view first_part(std::string_view name) { return name.substr(0, name.find('-')); }

std::string_view after_namespace(std::string_view package) {
  for (const std::string_view prefix : kNamespaces) {
    if (!package.starts_with(prefix)) continue;
    // "librust-serde+std-dev" is a feature of serde.
    const std::string_view feature = package.substr(prefix.size());
    const std::string_view rest = feature.substr(0, feature.find('+'));
    const std::string_view part = first_part(rest);
    const bool names_a_source = !part.empty() && std::ranges::find(kKinds, part) == kKinds.end();
    return names_a_source ? rest : package;
  }
  return package;
}

}  // namespace

std::string package_stem(std::string_view package) {
  const std::string_view name = after_namespace(package);
  std::string_view part = first_part(name);
  if (part.starts_with("lib") && part.size() > 3) part.remove_prefix(3);
  return std::string(without_version(part));
}

bool stem_held_out(std::string_view stem) {
  const std::uint64_t name = fnv1a(stem);
  const PhiloxCounter words = philox4x32_10({low_word(name), high_word(name), 0, 0}, {0, 0});
  return words[0] < kHeldOutStems * 0x1p32;
}

}  // namespace jest::studies

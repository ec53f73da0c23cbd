#pragma once
// What the binary packages of one source have in common: descriptions repeat between them, so they
// are held out together.

#include <string>
#include <string_view>

namespace jest::studies {

/// The first part of a package's name, without the prefix "lib" and without a trailing version;
/// in namespaces shared by hundreds of sources, such as "python3-", the second part. Too broad
/// rather than too narrow: all of "gnome-..." has one stem.
std::string package_stem(std::string_view package);

/// Whether a stem is kept for evaluation: a pure function of the stem, true for 8 % of them,
/// the same for every seed, language and day.
bool stem_held_out(std::string_view stem);

}  // namespace jest::studies

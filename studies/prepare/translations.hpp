#pragma once
// The command `jest-data translations`.

#include <filesystem>
#include <string>

#include "prepare/translation_split.hpp"

namespace jest::studies {

struct TranslationsCommand {
  SplitSpec spec;
  std::filesystem::path out;  // the folder to fill
  std::string version;        // of the program, for the manifest
};

/// Prepares translations of Debian's package descriptions in `out`: tells on standard error what it
/// does, and on standard output what is there in the end. Data that are there already, asked for
/// in the same way and whole, are left alone. Options are checked before any work.
void prepare_translations(const TranslationsCommand& command);

}  // namespace jest::studies

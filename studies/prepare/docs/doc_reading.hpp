#pragma once
// Reads sources into rows.

#include <filesystem>
#include <string>
#include <vector>

#include "prepare/apt_index.hpp"
#include "prepare/deb_packages.hpp"
#include "prepare/docs/doc_rows.hpp"
#include "prepare/docs/doc_sources.hpp"

namespace jest::studies {

/// What of a file's content becomes rows.
std::string text_of(DocForm form, const std::string& content);

/// All rows of a source, whose package is unpacked for this into a folder below `folder`.
DocRows read_source(const DocSource& source, const DebPackage& package,
                    const std::filesystem::path& folder);

/// The package descriptions of one language, a text each: paragraphs on lines of their own.
DocRows read_description_rows(const std::vector<AptIndex>& indexes, const std::string& language);

}  // namespace jest::studies

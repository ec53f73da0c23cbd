#pragma once
// Reads sources: into documents, and into rows.

#include <filesystem>
#include <string>
#include <vector>

#include "prepare/apt_index.hpp"
#include "prepare/deb_packages.hpp"
#include "prepare/docs/doc_rows.hpp"
#include "prepare/docs/doc_sources.hpp"
#include "prepare/docs/documents.hpp"

namespace jest::studies {

/// What of a file's content is read.
std::string text_of(DocForm form, const std::string& content);

/// Every file of a package that matches, as a document, in order of name. The package is unpacked
/// into `folder`, which is removed.
Documents read_documents(const DebPackage& package, const FilePatterns& files, DocForm form,
                         const std::filesystem::path& folder);

/// The package descriptions of one language: paragraphs on lines of their own.
Documents read_description_documents(const std::vector<AptIndex>& indexes,
                                     const std::string& language);

/// All rows of a source, whose package is unpacked for this into a folder below `folder`.
DocRows read_source(const DocSource& source, const DebPackage& package,
                    const std::filesystem::path& folder);

/// All rows of the package descriptions of one language.
DocRows read_description_rows(const std::vector<AptIndex>& indexes, const std::string& language);

}  // namespace jest::studies

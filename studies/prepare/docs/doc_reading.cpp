#include "prepare/docs/doc_reading.hpp"

#include <utility>

#include "prepare/docs/html_prose.hpp"
#include "prepare/docs/pod_prose.hpp"
#include "prepare/gzip_file.hpp"

namespace jest::studies {

std::string text_of(DocForm form, const std::string& content) {
  switch (form) {
    case DocForm::kHtmlProse:
      return html_prose(content);
    case DocForm::kPodProse:
      return pod_prose(content);
    case DocForm::kRaw:
      return content;
  }
  return content;
}

Documents read_documents(const DebPackage& package, const FilePatterns& files, DocForm form,
                         const std::filesystem::path& folder) {
  Documents documents;
  for (const PackageFile& file : unpack(package, files, folder)) {
    documents.push_back({file.name, text_of(form, read_decompressed(file.path))});
  }
  std::filesystem::remove_all(folder);
  return documents;
}

Documents read_description_documents(const std::vector<AptIndex>& indexes,
                                     const std::string& language) {
  Documents documents;
  for (const auto& [key, segments] : read_descriptions(indexes, language)) {
    std::string text;
    for (const std::string& segment : segments) (text += segment) += '\n';
    documents.push_back({key, std::move(text)});
  }
  return documents;
}

DocRows read_source(const DocSource& source, const DebPackage& package,
                    const std::filesystem::path& folder) {
  return rows_of(source.tag,
                 read_documents(package, source.files, source.form, folder / source.tag));
}

DocRows read_description_rows(const std::vector<AptIndex>& indexes, const std::string& language) {
  return rows_of("descriptions-" + language, read_description_documents(indexes, language));
}

}  // namespace jest::studies

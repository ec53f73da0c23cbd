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

DocRows read_source(const DocSource& source, const DebPackage& package,
                    const std::filesystem::path& folder) {
  const auto unpacked = folder / source.tag;
  DocRows rows;
  for (const PackageFile& file : unpack(package, source.files, unpacked)) {
    rows = add_chunks(std::move(rows), {source.tag, file.name},
                      text_of(source.form, read_decompressed(file.path)));
  }
  std::filesystem::remove_all(unpacked);
  return rows;
}

DocRows read_description_rows(const std::vector<AptIndex>& indexes, const std::string& language) {
  DocRows rows;
  for (const auto& [key, segments] : read_descriptions(indexes, language)) {
    std::string text;
    for (const std::string& segment : segments) (text += segment) += '\n';
    rows = add_chunks(std::move(rows), {"descriptions-" + language, key}, text);
  }
  return rows;
}

}  // namespace jest::studies

#include "prepare/translation_files.hpp"

#include <array>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest::studies {
namespace {

using Json = nlohmann::ordered_json;

TagCounts tag_counts(const TranslationRows& rows) {
  TagCounts counts;
  for (const TranslationRow& row : rows) ++counts[row.tag];
  return counts;
}

}  // namespace

PreparedFolder translations_folder(const std::filesystem::path& path) {
  return {"translations", path, {"curated.tsv", "pool.tsv", "eval.tsv"}};
}

std::string rows_as_tsv(const TranslationRows& rows) {
  std::string out = "id\tx\ty\ttag\n";
  for (const TranslationRow& row : rows) {
    out += std::to_string(row.id);
    for (const std::string* field : {&row.text.x, &row.text.y, &row.tag}) {
      if (field->find_first_of("\t\r\n") != std::string::npos) {
        refuse("write translations", "texts without tabs or line breaks", *field);
      }
      (out += '\t') += *field;
    }
    out += '\n';
  }
  return out;
}

Json requested(const SplitSpec& spec, const std::string& version) {
  return {{"command", text("jest-data translations --target ", spec.target, " --noise ", spec.noise,
                           " --mismatched ", spec.mismatched, " --seed ", spec.seed)},
          {"version", version},
          {"target", spec.target},
          {"noise", spec.noise},
          {"mismatched", spec.mismatched},
          {"seed", spec.seed}};
}

Json write_translations(const PreparedFolder& folder, const TranslationSplit& split,
                        Json description) {
  remove_manifest(folder);
  const std::array<const TranslationRows*, 3> parts = {&split.curated, &split.pool, &split.eval};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto path = folder.path / folder.tables[i];
    write_file(path, rows_as_tsv(*parts[i]));
    description["files"][folder.tables[i]] = describe_table(path, tag_counts(*parts[i]));
  }
  write_manifest(folder, description);
  return description;
}

}  // namespace jest::studies

#include "prepare/translations.hpp"

#include <algorithm>
#include <iterator>

#include "jest/core/error.hpp"
#include "prepare/apt_index.hpp"
#include "prepare/languages.hpp"
#include "prepare/progress.hpp"
#include "prepare/temporary_folder.hpp"
#include "prepare/translation_files.hpp"

namespace jest::studies {
namespace {

constexpr double kMostMismatched = 0.99;

void check(const TranslationsCommand& command) {
  const SplitSpec& spec = command.spec;
  if (std::ranges::find(kLanguages, spec.target) == kLanguages.end()) {
    refuse("translations --target", "one of " + language_list(), spec.target);
  }
  if (!(spec.noise >= 0 && spec.noise < 1)) {
    refuse("translations --noise", "a share of at least 0 and below 1", spec.noise);
  }
  if (!(spec.mismatched >= 0 && spec.mismatched <= kMostMismatched)) {
    refuse("translations --mismatched", text("a share from 0 to ", kMostMismatched),
           spec.mismatched);
  }
  if (spec.noise > 0 && spec.mismatched > 0) {
    refuse("translations", "--noise or --mismatched", "both");
  }
}

std::vector<AptIndex> fetch_indexes(const std::filesystem::path& folder) {
  progress("fetching apt's translation indexes, about 28 MB");
  AptTargets targets{.languages = {"en"}};
  targets.languages.insert(targets.languages.end(), kLanguages.begin(), kLanguages.end());
  try {
    return fetch_indexes(folder, targets);
  } catch (const Error& error) {
    throw Error(text("translations: apt's indexes cannot be had (", error.what(),
                     "); any TSV of your own will do: jest-train pairs --curated/--pool/--eval"));
  }
}

TranslationRows read_rows(const std::vector<AptIndex>& indexes) {
  const Descriptions english = read_descriptions(indexes, "en");
  progress("read ", english.size(), " English descriptions");
  TranslationRows rows;
  for (const std::string_view name : kLanguages) {
    const std::string language(name);
    TranslationRows more =
        translation_rows(english, read_descriptions(indexes, language), language);
    progress("read ", more.size(), " pairs of ", language);
    std::ranges::move(more, std::back_inserter(rows));
  }
  return rows;
}

nlohmann::ordered_json prepare(const PreparedFolder& folder, const SplitSpec& spec,
                               nlohmann::ordered_json request) {
  const TemporaryFolder private_folder;
  const auto indexes = fetch_indexes(private_folder.path());
  TranslationRows rows = read_rows(indexes);
  progress("splitting ", rows.size(), " pairs by package");
  const TranslationSplit split = split_translations(std::move(rows), spec);
  for (const TranslationRows* part : {&split.curated, &split.pool, &split.eval}) {
    if (part->empty()) {
      refuse("translations", "rows in every table", "an empty one; too few in apt's indexes");
    }
  }
  progress("writing the tables");
  request["indexes"] = describe_indexes(indexes);
  return write_translations(folder, split, std::move(request));
}

}  // namespace

void prepare_translations(const TranslationsCommand& command) {
  check(command);
  const PreparedFolder folder = translations_folder(command.out);
  fill_once(folder, requested(command.spec, command.version), [&](nlohmann::ordered_json request) {
    return prepare(folder, command.spec, std::move(request));
  });
}

}  // namespace jest::studies

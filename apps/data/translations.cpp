#include "data/translations.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <map>
#include <system_error>

#include "data/apt_index.hpp"
#include "data/languages.hpp"
#include "data/translation_files.hpp"
#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest {
namespace {

template <class... Parts>
void progress(const Parts&... parts) {
  std::cerr << text("jest-data: ", parts..., '\n') << std::flush;
}

/// Makes the folder, so that a place that cannot be written is told before any work.
void make_folder(const std::filesystem::path& folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure || ::access(folder.c_str(), W_OK | X_OK) != 0) {
    const std::string reason = failure ? failure.message() : std::strerror(errno);
    refuse("translations --out", "a folder that can be written", folder.string(), ": ", reason);
  }
}

void check(const TranslationsCommand& command) {
  const SplitSpec& spec = command.spec;
  if (std::ranges::find(kLanguages, spec.target) == kLanguages.end()) {
    refuse("translations --target", "one of " + language_list(), spec.target);
  }
  if (!(spec.noise >= 0 && spec.noise < 1)) {
    refuse("translations --noise", "a share of at least 0 and below 1", spec.noise);
  }
  make_folder(command.out);
}

Descriptions read_descriptions(const std::vector<AptIndex>& indexes, const std::string& language) {
  Descriptions all;
  for (const AptIndex& index : indexes) {
    if (index.language != language) continue;
    all = add_descriptions(std::move(all), read_file(index.path), language);
  }
  return all;
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

nlohmann::ordered_json prepare(const TranslationsCommand& command, nlohmann::ordered_json request) {
  const TemporaryFolder private_folder;
  progress("fetching apt's translation indexes, about 28 MB");
  const auto indexes =
      fetch_indexes(private_folder.path(), Languages(kLanguages.begin(), kLanguages.end()));
  TranslationRows rows = read_rows(indexes);
  progress("splitting ", rows.size(), " pairs by package");
  const TranslationSplit split = split_translations(std::move(rows), command.spec);
  for (const TranslationRows* part : {&split.curated, &split.pool, &split.eval}) {
    if (part->empty()) {
      refuse("translations", "rows in every table", "an empty one; too few in apt's indexes");
    }
  }
  progress("writing the tables");
  request["indexes"] = describe_indexes(indexes);
  return write_translations(command.out, split, std::move(request));
}

void print_line(const std::string& name, const std::array<std::size_t, 3>& counts) {
  std::cout << std::left << std::setw(12) << name << std::right;
  for (const std::size_t count : counts) std::cout << std::setw(10) << count;
  std::cout << '\n';
}

/// How many rows each table has, by tag and in all.
void print_summary(const nlohmann::ordered_json& manifest) {
  std::map<std::string, std::array<std::size_t, 3>> lines;
  std::array<std::size_t, 3> totals{};
  std::cout << "tag            curated      pool      eval\n";
  for (std::size_t i = 0; const char* name : {"curated.tsv", "pool.tsv", "eval.tsv"}) {
    const auto& table = manifest.at("files").at(name);
    totals[i] = table.at("rows");
    for (const auto& [tag, count] : table.at("tags").items()) lines[tag][i] = count;
    ++i;
  }
  for (const auto& [tag, counts] : lines) print_line(tag, counts);
  print_line("all", totals);
}

}  // namespace

void prepare_translations(const TranslationsCommand& command) {
  check(command);
  const auto request = requested(command.spec, command.version);
  const auto manifest = existing_manifest(command.out, request);
  if (manifest && tables_match(command.out, *manifest)) {
    progress("using what is in ", command.out.string());
    print_summary(*manifest);
    return;
  }
  print_summary(prepare(command, request));
}

}  // namespace jest

#include "cached/cached_model.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <ranges>
#include <set>

#include "input_file.hpp"
#include "io/scalar.hpp"
#include "jest/core/error.hpp"
#include "parse_whole.hpp"

namespace jest::apps::cached {
namespace {

namespace fs = std::filesystem;

/// NAME_K.npy of a folder, by K. Throws where a number is missing or there twice.
std::map<std::int64_t, fs::path> numbered_files(const fs::path& folder, const std::string& name) {
  const std::string who = "read " + folder.string();
  std::map<std::int64_t, fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string stem = entry.path().stem().string();
    std::int64_t number = 0;
    if (entry.path().extension() != ".npy" || !stem.starts_with(name + "_") ||
        !parse_whole(std::string_view(stem).substr(name.size() + 1), number)) {
      continue;
    }
    if (!found.emplace(number, entry.path()).second) {
      refuse(who, text("one file of number ", number), "two");
    }
  }
  if (found.empty()) refuse(who, text("files ", name, "_0.npy, ", name, "_1.npy, ..."), "none");
  const std::int64_t first = found.begin()->first, last = found.rbegin()->first;
  if (last - first + 1 != std::ssize(found)) {
    refuse(who, text("all of ", name, "_", first, ".npy to ", name, "_", last, ".npy"),
           found.size(), " of them");
  }
  return found;
}

/// A folder of clip-retrieval is taken for the files in it.
CachedFiles unfolded(const CachedFiles& given) {
  CachedFiles files = given;
  files.pairs.clear();
  for (const fs::path& path : given.pairs) {
    if (!fs::is_directory(path)) {
      files.pairs.push_back(path);
      continue;
    }
    for (const char* side : {"img_emb", "text_emb"}) {
      if (!fs::is_directory(path / side)) {
        refuse("read " + path.string(), "a regular file, or a folder with img_emb and text_emb",
               text("a folder without ", side));
      }
    }
    const auto x = numbered_files(path / "img_emb", "img_emb");
    const auto y = numbered_files(path / "text_emb", "text_emb");
    if (!std::ranges::equal(x | std::views::keys, y | std::views::keys)) {
      refuse("read " + path.string(), "files of the same numbers in img_emb and text_emb",
             x.begin()->first, " to ", x.rbegin()->first, " and ", y.begin()->first, " to ",
             y.rbegin()->first);
    }
    std::ranges::copy(x | std::views::values, std::back_inserter(files.x));
    std::ranges::copy(y | std::views::values, std::back_inserter(files.y));
  }
  return files;
}

/// A 0-d or one-element F32 or F64 array.
double number_of(const ArrayFile& file, const std::string& name, const ArrayView& array) {
  if (const std::optional<double> value = scalar_of(array)) return *value;
  refuse("read " + file.path().string(), "a 0-d F32 or F64 array " + name, describe(array));
}

/// The sum over files of a number in their metadata; NaN unless each has it.
double metadata_sum(const std::vector<std::shared_ptr<const ArrayFile>>& files,
                    const std::string& key) {
  double total = 0;
  for (const auto& file : files) {
    const auto found = file->metadata().find(key);
    double number = 0;
    if (found == file->metadata().end() || !parse_whole(found->second, number)) return NAN;
    if (!std::isfinite(number) || number < 0) {
      refuse("read " + file->path().string(), text("a cost under ", key),
             found->second.substr(0, 60));
    }
    total += number;
  }
  return total;
}

/// None of no arrays.
CachedIds ids_in(const std::vector<FileArray>& arrays) {
  if (arrays.empty()) return {};
  CachedIds ids = cached_ids(arrays);
  if (ids.ids.empty()) {
    refuse("read " + arrays.front().file->path().string(), "at least one id", "an empty array");
  }
  return ids;
}

}  // namespace

ArrayNames ArrayNames::from(const std::string& option, const std::string& words) {
  ArrayNames names;
  const std::map<std::string, std::string*> known{{"x", &names.x},           {"y", &names.y},
                                                  {"scale", &names.scale},   {"bias", &names.bias},
                                                  {"losses", &names.losses}, {"ids", &names.ids}};
  std::set<std::string> given;
  std::size_t begin = 0;
  while (begin <= words.size()) {
    const std::size_t end = std::min(words.find(',', begin), words.size());
    const std::string word = words.substr(begin, end - begin);
    const std::size_t equals = std::min(word.find('='), word.size());
    const auto found = known.find(word.substr(0, equals));
    if (found == known.end() || equals + 1 >= word.size()) {
      refuse(option, "ROLE=NAME,... with the roles x, y, scale, bias, losses, ids",
             text("'", word, "'"));
    }
    if (!given.insert(found->first).second) refuse(option, "a role once", found->first, " twice");
    *found->second = word.substr(equals + 1);
    begin = end + 1;
  }
  return names;
}

CachedModel::CachedModel(const std::string& who, const CachedFiles& given) : names_(given.names) {
  const CachedFiles files = unfolded(given);
  std::vector<FileArray> x = open(files.pairs, names_.x), y;
  for (const FileArray& each : x) {
    y.push_back({each.file, &each.file->array(names_.y)});
    read_.push_back(y.back());
  }
  std::ranges::copy(open(files.x, names_.x), std::back_inserter(x));
  std::ranges::copy(open(files.y, names_.y), std::back_inserter(y));
  const std::vector<FileArray> losses = open(files.losses, names_.losses);
  cost_ = {metadata_sum(files_, "flops"), metadata_sum(files_, "cpu_seconds")};
  scale_ = files.scale;
  bias_ = files.bias;
  take_numbers();
  take_ids(files.ids, {x, y, losses});
  if (!x.empty()) x_ = float_rows(x, 2);
  if (!y.empty()) y_ = float_rows(y, 2);
  if (!losses.empty()) losses_ = float_rows(losses, 1);
  check(who);
}

CachedIds ids_alone(const CachedFiles& given) {
  std::vector<FileArray> ids;
  for (const Paths* paths : {&given.pairs, &given.x, &given.y, &given.losses}) {
    for (const fs::path& path : *paths) {
      if (fs::is_directory(path)) continue;
      const auto file = std::make_shared<const ArrayFile>(path);
      const ArrayView* found = file->is_npy() ? nullptr : file->find(given.names.ids);
      if (found) ids.push_back({file, found});
    }
  }
  return ids_in(ids);
}

std::vector<FileArray> CachedModel::open(const Paths& paths, const std::string& name) {
  std::vector<FileArray> arrays;
  for (const fs::path& path : paths) {
    files_.push_back(std::make_shared<const ArrayFile>(path, paths.size() > 1));
    arrays.push_back({files_.back(), &files_.back()->array(name)});
    read_.push_back(arrays.back());
  }
  return arrays;
}

/// Scale and bias that files hold, where no option gives them. An array of .npy is what the file
/// was given for, and none of these.
void CachedModel::take_numbers() {
  const auto take = [this](const std::string& name, std::optional<double>& number) {
    if (number) return;
    for (const auto& file : files_) {
      const ArrayView* found = file->is_npy() ? nullptr : file->find(name);
      if (!found) continue;
      const double value = number_of(*file, name, *found);
      if (number && *number != value) {
        refuse("read " + file->path().string(),
               text("the ", name, " of the file before, ", *number), value);
      }
      number = value;
    }
  };
  take(names_.scale, scale_);
  take(names_.bias, bias_);
}

/// Arrays of ids in the files of these.
std::vector<FileArray> CachedModel::ids_beside(const std::vector<FileArray>& arrays) const {
  std::vector<FileArray> ids;
  for (const FileArray& each : arrays) {
    const ArrayView* found = each.file->is_npy() ? nullptr : each.file->find(names_.ids);
    if (found) ids.push_back({each.file, found});
  }
  return ids;
}

/// Of the files of ids, or else of those of the sides, which have to agree.
void CachedModel::take_ids(const Paths& id_files,
                           const std::vector<std::vector<FileArray>>& sides) {
  if (!id_files.empty()) {
    ids_ = ids_in(open(id_files, names_.ids));
    return;
  }
  for (const std::vector<FileArray>& side : sides) {
    const std::vector<FileArray> arrays = ids_beside(side);
    const CachedIds ids = ids_in(arrays);
    std::ranges::copy(arrays, std::back_inserter(read_));
    if (!ids_.ids.empty() && !ids.ids.empty() && ids_.ids != ids.ids) {
      refuse("read " + arrays.front().file->path().string(), "the ids that stand beside x",
             "others");
    }
    if (ids_.ids.empty()) ids_ = ids;
  }
}

void CachedModel::check(const std::string& who) const {
  if (has_losses() && (x_.data || y_.data)) refuse(who, "embeddings or losses", "both");
  if (!has_losses()) {
    if (!x_.data || !y_.data) refuse(who, "both sides of its pairs", x_.data ? "x" : "y");
    if (x_.rows != y_.rows || x_.cols != y_.cols) {
      refuse(who, "x and y of one shape [B, d]", "x [", x_.rows, ", ", x_.cols, "] and y [",
             y_.rows, ", ", y_.cols, "]");
    }
  }
  if (rows() == 0) refuse(who, "at least one row", "[0, ", x_.cols, "]");
  check_id_count(who, std::ssize(ids_.ids), rows());
}

std::string CachedModel::checksum() const {
  std::vector<ArrayView> arrays;
  for (const FileArray& each : read_) arrays.push_back(*each.array);
  const double numbers[] = {scale_.value_or(NAN), bias_.value_or(NAN)};
  arrays.push_back({"F64", {2}, std::as_bytes(std::span(numbers))});
  return jest::checksum(arrays);
}

void CachedModel::forget_sources() {
  files_.clear();
  read_.clear();
}

void CachedModel::expect_unchanged() const {
  for (const FloatRows* rows : {&x_, &y_, &losses_}) {
    if (rows->in_place) rows->in_place->expect_unchanged();
  }
}

void expect_cached_files(const std::string& option, const Paths& paths) {
  for (const fs::path& path : paths) expect_file(option, path);
}

void expect_cached_files(const std::string& option, const CachedFiles& files) {
  for (const fs::path& path : files.pairs) {
    if (!fs::is_directory(path)) expect_file(option, path);
  }
  expect_cached_files(option + "-x", files.x);
  expect_cached_files(option + "-y", files.y);
  expect_cached_files(option + "-losses", files.losses);
}

}  // namespace jest::apps::cached

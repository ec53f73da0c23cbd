#include "cached/cached_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "input_file.hpp"
#include "jest/core/error.hpp"
#include "parse_whole.hpp"

namespace jest::apps::cached {
namespace {

namespace fs = std::filesystem;

/// NAME_K.npy of a folder, by K.
Paths numbered_files(const fs::path& folder, const std::string& name) {
  std::map<std::int64_t, fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string stem = entry.path().stem().string();
    std::int64_t number = 0;
    if (entry.path().extension() == ".npy" && stem.starts_with(name + "_") &&
        parse_whole(std::string_view(stem).substr(name.size() + 1), number)) {
      found.emplace(number, entry.path());
    }
  }
  if (found.empty()) {
    refuse("read " + folder.string(), text("files ", name, "_0.npy, ", name, "_1.npy, ..."),
           "none");
  }
  Paths files;
  for (const auto& [number, path] : found) files.push_back(path);
  return files;
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
    std::ranges::copy(numbered_files(path / "img_emb", "img_emb"), std::back_inserter(files.x));
    std::ranges::copy(numbered_files(path / "text_emb", "text_emb"), std::back_inserter(files.y));
  }
  return files;
}

/// A 0-d or one-element F32 or F64 array.
double number_of(const ArrayFile& file, const std::string& name, const ArrayView& array) {
  if (array.elements() == 1 && array.dtype == "F32") {
    float value = 0;
    std::memcpy(&value, array.bytes.data(), sizeof value);
    return value;
  }
  if (array.elements() == 1 && array.dtype == "F64") {
    double value = 0;
    std::memcpy(&value, array.bytes.data(), sizeof value);
    return value;
  }
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
    *found->second = word.substr(equals + 1);
    begin = end + 1;
  }
  return names;
}

CachedModel::CachedModel(const std::string& who, const CachedFiles& given) : names_(given.names) {
  const CachedFiles files = unfolded(given);
  std::vector<FileArray> x, y;
  for (const fs::path& path : files.pairs) {
    x.push_back(open({path}, names_.x).front());
    y.push_back({x.back().file, &x.back().file->array(names_.y)});
    read_.push_back(y.back());
  }
  std::ranges::copy(open(files.x, names_.x), std::back_inserter(x));
  std::ranges::copy(open(files.y, names_.y), std::back_inserter(y));
  if (!x.empty()) x_ = float_rows(x, 2);
  if (!y.empty()) y_ = float_rows(y, 2);
  if (!files.losses.empty()) losses_ = float_rows(open(files.losses, names_.losses), 1);
  cost_ = {metadata_sum(files_, "flops"), metadata_sum(files_, "cpu_seconds")};
  scale_ = files.scale;
  bias_ = files.bias;
  add_optional(files.ids);
  check(who);
}

CachedIds ids_alone(const CachedFiles& given) {
  std::vector<FileArray> ids;
  for (const Paths* paths : {&given.pairs, &given.x, &given.losses}) {
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
    files_.push_back(std::make_shared<const ArrayFile>(path));
    arrays.push_back({files_.back(), &files_.back()->array(name)});
    read_.push_back(arrays.back());
  }
  return arrays;
}

/// Ids, and scale and bias where no option gives them, which the files may hold. An array of .npy
/// is what the file was given for, and none of these.
void CachedModel::add_optional(const Paths& id_files) {
  std::vector<FileArray> ids = open(id_files, names_.ids);
  const bool own_ids = ids.empty();
  for (const auto& file : files_) {
    if (file->is_npy()) continue;
    const ArrayView* found = file->find(names_.ids);
    if (own_ids && found) ids.push_back({file, found}), read_.push_back(ids.back());
    const ArrayView* scale = file->find(names_.scale);
    if (scale && !scale_) scale_ = number_of(*file, names_.scale, *scale);
    const ArrayView* bias = file->find(names_.bias);
    if (bias && !bias_) bias_ = number_of(*file, names_.bias, *bias);
  }
  ids_ = ids_in(ids);
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
  const std::string numbers = text(scale_.value_or(NAN), " ", bias_.value_or(NAN));
  arrays.push_back({"U8",
                    {std::ssize(numbers)},
                    std::as_bytes(std::span<const char>(numbers.data(), numbers.size()))});
  return jest::checksum(arrays);
}

void CachedModel::expect_unchanged() const {
  for (const auto& file : files_) file->expect_unchanged();
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

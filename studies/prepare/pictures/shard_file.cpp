#include "prepare/pictures/shard_file.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest::studies {
namespace {

la_ssize_t write_bytes(archive*, void* file, const void* bytes, std::size_t size) {
  static_cast<AtomicFile*>(file)->write(bytes, size);
  return static_cast<la_ssize_t>(size);
}

class TarWriter {
 public:
  explicit TarWriter(const std::filesystem::path& path) : path_(path), file_(path) {
    // pax, but for names that need none of it.
    check(archive_write_set_format_pax_restricted(archive_.get()));
    check(archive_write_set_bytes_in_last_block(archive_.get(), 1));
    check(archive_write_open(archive_.get(), &file_, nullptr, &write_bytes, nullptr));
  }

  void add(const std::string& name, const std::string& content) {
    const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                              &archive_entry_free);
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    check(archive_write_header(archive_.get(), entry.get()));
    if (archive_write_data(archive_.get(), content.data(), content.size()) < 0)
      check(ARCHIVE_FATAL);
  }

  void commit() {
    check(archive_write_close(archive_.get()));
    file_.commit();
  }

 private:
  void check(int status) const {
    if (status == ARCHIVE_OK) return;
    refuse("write " + path_.string(), "no error", archive_error_string(archive_.get()));
  }

  std::filesystem::path path_;
  AtomicFile file_;
  std::unique_ptr<archive, decltype(&archive_write_free)> archive_{archive_write_new(),
                                                                   &archive_write_free};
};

}  // namespace

TagCounts write_shard(const std::filesystem::path& path, std::vector<CaptionedPicture> pictures) {
  std::ranges::sort(pictures, {}, &CaptionedPicture::key);
  TarWriter shard(path);
  TagCounts counts;
  for (const CaptionedPicture& picture : pictures) {
    for (const auto& [language, caption] : picture.captions) ++counts[language];
    shard.add(picture.key + ".png", picture.file);
    shard.add(picture.key + ".json", nlohmann::json({{"caption", picture.captions}}).dump());
  }
  shard.commit();
  return counts;
}

}  // namespace jest::studies

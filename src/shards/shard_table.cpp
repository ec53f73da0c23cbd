// The table of shards: indexes found or made, captions read, rows numbered.

#include <algorithm>
#include <map>
#include <thread>
#include <unordered_map>

#include "io/crc.hpp"
#include "jest/core/error.hpp"
#include "shards/captions.hpp"
#include "shards/indexed_shard.hpp"
#include "shards/table_content.hpp"

namespace jest {
namespace {

int threads_of(const ShardSpec& spec) {
  if (spec.threads > 0) return spec.threads;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

/// Fills a table, sample by sample.
class RowReader {
 public:
  RowReader(const ShardSpec& spec, ShardTable& table, std::vector<TablePicture>& pictures,
            std::vector<std::int64_t>& picture_of)
      : spec_(spec), table_(table), pictures_(pictures), picture_of_(picture_of) {}

  void add(const IndexedShard& shard, std::int32_t number) {
    crc_.add_text(shard.stem());
    crc_.add_text(shard.index.checksum);
    captions_ = 0;
    for (const ShardSample& sample : shard.index.samples) add(shard, number, sample);
    if (captions_ > 0) return;
    refuse("read " + shard.path.string(), "samples with " + wanted_caption(),
           shard.index.samples.empty() ? "no samples" : "none");
  }

  void finish() {
    if (table_.rows() == 0) {
      refuse("read shards", "a sample with a picture and a caption",
             text(table_.left_out.all(), " samples that were left out"));
    }
    if (!tagged_) table_.tags.clear();
    if (!tagged_) table_.tag_names.clear();
    crc_.add_text(spec_.caption_key);
    crc_.add_text(spec_.tag_key);
    crc_.add(std::as_bytes(std::span(table_.ids)));
    table_.checksum = crc_.digits();
  }

 private:
  void add(const IndexedShard& shard, std::int32_t number, const ShardSample& sample) {
    const std::string operation = "read " + shard.path.string() + ", sample " + sample.key;
    const JsonCaptions found = usable_captions_of(shard, sample, operation);
    captions_ += std::ssize(found.captions);
    if (!sample.picture.is_there()) {
      return leave_out(table_.left_out.without_picture, operation, "a picture", "none");
    }
    if (found.captions.empty()) {
      return leave_out(table_.left_out.without_caption, operation, wanted_caption(), "none");
    }
    if (!sample.fault.empty()) {
      return leave_out(table_.left_out.undecodable, operation, "a picture that decodes",
                       sample.fault);
    }
    pictures_.push_back({number, sample.picture, sample.key});
    for (const Caption& caption : found.captions) add_row(shard, sample, found, caption, operation);
  }

  /// None of a sample whose captions cannot be read, where such are left out.
  JsonCaptions usable_captions_of(const IndexedShard& shard, const ShardSample& sample,
                                  const std::string& operation) const {
    try {
      return captions_of(shard, sample, operation);
    } catch (const Error&) {
      if (!spec_.skip_unusable) throw;
      shard.file->expect_unchanged();
      return {};
    }
  }

  JsonCaptions captions_of(const IndexedShard& shard, const ShardSample& sample,
                           const std::string& operation) const {
    JsonCaptions found;
    const bool reads_json = !spec_.caption_key.empty() || !spec_.tag_key.empty();
    if (reads_json && sample.json.is_there()) {
      found = captions_of_json(shard.text_of(sample.json), spec_.caption_key, spec_.tag_key,
                               operation + ".json");
    }
    if (spec_.caption_key.empty() && sample.text.is_there()) {
      found.captions = captions_of_text(shard.text_of(sample.text), operation + ".txt");
    }
    return found;
  }

  std::string wanted_caption() const {
    if (!spec_.caption_key.empty()) return text("a caption in .json, \"", spec_.caption_key, "\"");
    return "a caption in .txt, as no key in .json is given";
  }

  void leave_out(std::int64_t& count, const std::string& operation, const std::string& expected,
                 const std::string& came) const {
    if (!spec_.skip_unusable)
      refuse(operation, expected + " (--skip-unusable leaves it out)", came);
    ++count;
  }

  void add_row(const IndexedShard& shard, const ShardSample& sample, const JsonCaptions& found,
               const Caption& caption, const std::string& operation) {
    std::string name = shard.stem() + '/' + sample.key;
    if (!caption.name.empty()) name += '/' + caption.name;
    const std::int64_t id = hash_id(name);
    if (!row_of_.emplace(id, table_.rows()).second) {
      refuse(operation, "samples of different names in shards of different names",
             "one that was there before");
    }
    table_.ids.push_back(id);
    table_.captions.push_back(caption.text);
    picture_of_.push_back(std::ssize(pictures_) - 1);
    const std::string tag = found.tag.empty() && found.named ? caption.name : found.tag;
    tagged_ = tagged_ || !tag.empty();
    table_.tags.push_back(tag_index(tag.empty() ? "untagged" : tag));
  }

  std::int32_t tag_index(const std::string& tag) {
    const auto next = static_cast<std::int32_t>(table_.tag_names.size());
    const auto [found, is_new] = tag_index_.emplace(tag, next);
    if (is_new) table_.tag_names.push_back(tag);
    return found->second;
  }

  const ShardSpec& spec_;
  ShardTable& table_;
  std::vector<TablePicture>& pictures_;
  std::vector<std::int64_t>& picture_of_;
  Crc crc_;
  std::int64_t captions_ = 0;  ///< of the shard that is being read
  bool tagged_ = false;
  std::map<std::string, std::int32_t> tag_index_;
  std::unordered_map<std::int64_t, std::int64_t> row_of_;
};

}  // namespace

ShardTable::ShardTable(const ShardSpec& spec) : content_(std::make_unique<Content>()) {
  if (spec.shards.empty()) refuse("read shards", "at least one", "none");
  const int threads = threads_of(spec);
  RowReader reader(spec, *this, content_->pictures, content_->picture_of_row);
  for (const auto& path : spec.shards) {
    const IndexedShard shard = open_shard(path, spec.index_folder, threads, remarks);
    content_->shards.push_back({path, shard.stamp});
    reader.add(shard, static_cast<std::int32_t>(content_->shards.size() - 1));
  }
  reader.finish();
  content_->start(spec, threads);
}

}  // namespace jest

#include "train/formats/shard_images.hpp"

#include <unordered_map>

#include "train/formats/normal_form.hpp"

namespace jest::apps::train {

std::shared_ptr<const NamedImages> read_shard_images(const ShardSpec& spec) {
  auto shards = std::make_shared<ShardTable>(spec);
  auto table = std::make_shared<NamedImages>();
  static_cast<ExampleTable&>(*table) = *shards;
  std::unordered_map<std::string, std::int32_t> index_of;
  for (std::string& caption : shards->captions) {
    const auto next = static_cast<std::int32_t>(table->texts.size());
    const auto [found, is_new] = index_of.emplace(composed(caption), next);
    if (is_new) table->texts.push_back(found->first);
    table->names.push_back(found->second);
  }
  shards->captions = {};  // twice in memory is once too often
  const TextFeatureSpec features;
  table->words = feature_table(table->texts, features);
  table->buckets = features.buckets;
  table->side = shards->side();
  table->colours = 3;
  table->shards = std::move(shards);
  return table;
}

std::vector<std::string> remarks_of(const std::filesystem::path& path, const NamedImages& table) {
  if (!table.shards) return {};
  std::vector<std::string> remarks = table.shards->remarks;
  const LeftOut& out = table.shards->left_out;
  if (out.all() > 0) {
    remarks.push_back(text(path.string(), ": left out ", out.all(), " samples: ",
                           out.without_picture, " without a picture, ", out.without_caption,
                           " without a caption, ", out.undecodable, " that do not decode"));
  }
  return remarks;
}

}  // namespace jest::apps::train

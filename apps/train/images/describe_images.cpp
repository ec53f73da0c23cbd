// What a table of images is, for summary.json.

#include "train/experiment_data.hpp"
#include "train/formats/named_images.hpp"

namespace jest::apps::train {

nlohmann::ordered_json describe_table(const std::filesystem::path& path, const NamedImages& table) {
  auto json = describe_table(path, static_cast<const ExampleTable&>(table));
  if (!table.shards || table.shards->left_out.all() == 0) return json;
  const LeftOut& left_out = table.shards->left_out;
  json["left_out"] = {{"without_picture", left_out.without_picture},
                      {"without_caption", left_out.without_caption},
                      {"undecodable", left_out.undecodable}};
  return json;
}

}  // namespace jest::apps::train
